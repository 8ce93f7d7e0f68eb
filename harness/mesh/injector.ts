import { found, type Kube } from '../kube/client.ts';
import { eventually } from '../retry.ts';

/** Pods made before the injection webhook has its CA bundle would come up without a sidecar. */
export async function injectorAnswers(kube: Kube, revision: string, signal?: AbortSignal): Promise<void> {
  const read = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: ['istio-sidecar-injector', revision].filter((word) => word !== '').join('-') },
  };
  await eventually(
    async () => {
      const object = (await found(kube.objects.read(read))) as
        { webhooks?: { clientConfig?: { caBundle?: string } }[] } | undefined;
      const without = object?.webhooks?.filter((webhook) => (webhook.clientConfig?.caBundle ?? '') === '') ?? [{}];
      if (without.length > 0) throw new Error('istiod has not put its CA bundle into the injection webhook yet');
    },
    { waitingFor: 'the injection webhook', within: 'planeReady', ...(signal === undefined ? {} : { signal }) },
  );
}
