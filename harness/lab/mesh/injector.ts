import { defined } from '../../common/defined.ts';
import type { Kube } from '../../cluster/kube/client.ts';
import { found } from '../../cluster/kube/failure.ts';
import { eventually } from '../../common/retry.ts';
import type { Plane } from './distribution.ts';

/** Pods made before the injection webhook has its CA bundle would come up without a sidecar. */
export async function injectorAnswers(kube: Kube, plane: Plane, signal?: AbortSignal): Promise<void> {
  const read = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: injectorName(plane) },
  };
  await eventually(
    async () => {
      const object = (await found(kube.objects.read(read))) as
        { webhooks?: { clientConfig?: { caBundle?: string } }[] } | undefined;
      const without = object?.webhooks?.filter((webhook) => (webhook.clientConfig?.caBundle ?? '') === '') ?? [{}];
      if (without.length > 0) throw new Error('istiod has not put its CA bundle into the injection webhook yet');
    },
    { waitingFor: 'the injection webhook', within: 'planeReady', ...defined({ signal }) },
  );
}

/** Istio's charts name it after the revision, and after the namespace unless that is `istio-system`. */
export const injectorName = ({ revision, namespace }: Pick<Plane, 'revision' | 'namespace'>): string =>
  ['istio-sidecar-injector', revision, namespace === 'istio-system' ? '' : namespace]
    .filter((word) => word !== '')
    .join('-');
