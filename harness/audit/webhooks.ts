import { apiMessage } from '../cluster/kube/failure.ts';
import { readRoots } from '../observations/certificate.ts';
import { REVISION_LABEL } from '../observations/istio.ts';
import type { ObservedWebhook } from '../verdict/trust/graph/observation.ts';
import { pathOf } from './access.ts';
import type { Audit } from './context.ts';
import type { PlaneDeployment } from './planes.ts';

/** admissionregistration.k8s.io/v1, as far as it is read here. */
interface WebhookConfiguration {
  metadata: { name: string; labels?: Record<string, string> };
  webhooks?: { name?: string; clientConfig: ClientConfig; namespaceSelector?: Selector; objectSelector?: Selector }[];
}
interface Selector {
  matchLabels?: Record<string, string>;
}
interface ClientConfig {
  /** PEM in base64. */
  caBundle?: string;
  service?: { name: string; namespace: string };
  url?: string;
}

const KINDS = [
  { kind: 'mutating', access: 'mutatingWebhooks', object: 'MutatingWebhookConfiguration' },
  { kind: 'validating', access: 'validatingWebhooks', object: 'ValidatingWebhookConfiguration' },
] as const;

/** Every webhook configuration that has the API server call one of the planes, once for each `caBundle` in it. */
export async function readWebhooks(audit: Audit, planes: readonly PlaneDeployment[]): Promise<ObservedWebhook[]> {
  const found = await Promise.all(
    KINDS.map(async ({ kind, access, object }) => {
      if (!audit.rights.may(access)) {
        if (planes.length > 0) audit.lacks(access);
        return [];
      }
      try {
        const { items } = await audit.kube.objects.get<{ items: WebhookConfiguration[] }>(pathOf(access, 'v1'));
        return items.flatMap((one) => inConfiguration(audit, one, { kind, object }, planes));
      } catch (error) {
        audit.missed(`Webhook configurations (${kind}) were not seen: ${apiMessage(error)}.`);
        return [];
      }
    }),
  );
  return found.flat().sort((a, b) => a.id.localeCompare(b.id));
}

function inConfiguration(
  audit: Audit,
  { metadata: { name, labels = {} }, webhooks = [] }: WebhookConfiguration,
  { kind, object }: { kind: ObservedWebhook['kind']; object: string },
  planes: readonly PlaneDeployment[],
): ObservedWebhook[] {
  const calls = new Map<string, ObservedWebhook>();
  for (const { name: webhook = '', clientConfig, namespaceSelector, objectSelector } of webhooks) {
    if (isDeactivated(namespaceSelector) || isDeactivated(objectSelector)) continue;
    const serverName = hostOf(clientConfig);
    const plane = planes.find((one) => one.serverName === serverName);
    if (plane !== undefined) {
      const bundle = bundleOf(clientConfig);
      const key = JSON.stringify([plane.id, clientConfig.caBundle]);
      const id = `${object}/${name}${calls.has(key) || calls.size === 0 ? '' : `#${calls.size + 1}`}`;
      if (!calls.has(key)) calls.set(key, { id, name, kind, plane: plane.id, ...bundle });
    } else if ((REVISION_LABEL in labels || webhook.endsWith('.istio.io')) && audit.scopes('deployments').length > 0) {
      audit.missed(
        `${object} ${name} has the API server call ${serverName}, which is no control plane that was found here: whether it ` +
          'is trusted is not known.',
      );
    }
  }
  return [...calls.values()];
}

/** So istioctl takes a webhook out of use when its tag moves on (istioctl/pkg/tag/util.go): it is called for nothing. */
const isDeactivated = (selector: Selector = {}): boolean =>
  selector.matchLabels?.['istio.io/deactivated'] === 'never-match';

/** By which name the API server calls it, and its certificate has to be named. */
const hostOf = ({ service, url = '' }: ClientConfig): string =>
  service === undefined ? (URL.parse(url)?.hostname ?? url) : `${service.name}.${service.namespace}.svc`;

function bundleOf({ caBundle = '' }: ClientConfig): Pick<ObservedWebhook, 'roots' | 'problem'> {
  // Then it goes by its system's roots (Kubernetes API, WebhookClientConfig, caBundle).
  if (caBundle === '') return { roots: undefined, problem: undefined };
  // The API server is written in Go.
  const { certificates, passedOver } = readRoots(Buffer.from(caBundle, 'base64').toString(), 'Go');
  const said = passedOver.map((one) => `caBundle: ${one}`).join('; ');
  const none = certificates.length === 0 ? 'its caBundle holds no certificate' : undefined;
  return { roots: [...certificates], problem: said === '' ? none : said };
}
