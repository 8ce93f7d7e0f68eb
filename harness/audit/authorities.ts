import type { V1Secret } from '@kubernetes/client-node';
import { apiMessage, found } from '../cluster/kube/failure.ts';
import {
  AUTHORITY_SECRETS,
  type AuthoritySecret,
  CA_FILES,
  ISTIO_CA_SECRET,
  ISTIO_GENERATED,
  ISTIOD_TLS,
  TLS_FILES,
} from '../observations/istio.ts';
import { type Certificate, readChain, sameCertificate } from '../observations/certificate.ts';
import type { ObservedAuthority } from '../verdict/trust/graph/observation.ts';
import type { Audit } from './context.ts';
import type { PlaneDeployment } from './planes.ts';

interface Form {
  certificate: string;
  key: string;
  chain?: string;
  root: string;
  /** What istiod does not start without. */
  needed: readonly string[];
}

/** File names: Istio's own, and those of a Secret of type kubernetes.io/tls. */
const ISTIO: Form = { ...CA_FILES, needed: Object.values(CA_FILES) };
const TLS: Form = { ...TLS_FILES, needed: Object.values(TLS_FILES) };
/** A self-signed CA is its own root and has no chain. */
const SELF_SIGNED: Form = { ...ISTIO, needed: [CA_FILES.certificate, CA_FILES.key] };
/** istiod's serving certificate; its root may come by a ConfigMap as well. */
const SERVING: Form = { ...TLS, needed: [TLS_FILES.certificate, TLS_FILES.key] };

/** Those Secrets in the namespaces of all planes; where two planes share a namespace, they share them. */
export async function readAuthorities(audit: Audit, planes: readonly PlaneDeployment[]): Promise<ObservedAuthority[]> {
  if (!audit.options.secrets) {
    audit.noted('Secrets were not looked at, as asked.');
    return [];
  }
  const readable = planes.filter(({ namespace }) => audit.rights.may('secrets', namespace));
  if (readable.length < planes.length) audit.lacks('secrets');
  const refs = [...Map.groupBy(readable, ({ namespace }) => namespace)].flatMap(([namespace, [plane]]) =>
    AUTHORITY_SECRETS.map((name) => ({ namespace, name, plane: plane?.id })),
  );
  const authorities: ObservedAuthority[] = [];
  await Promise.all(
    refs.map(async ({ namespace, name, plane }) => {
      try {
        const secret = await found(audit.kube.core.readNamespacedSecret({ namespace, name }));
        if (secret !== undefined) authorities.push(readAuthority(name, plane, secret));
      } catch (error) {
        audit.noted(`The Secret ${namespace}/${name} was not seen: ${apiMessage(error)}.`);
      }
    }),
  );
  return authorities.sort((a, b) => a.id.localeCompare(b.id));
}

/** The certificates of such a Secret. Of its private key no more is looked at than whether it is there. */
export function readAuthority(kind: AuthoritySecret, plane: string | undefined, secret: V1Secret): ObservedAuthority {
  const data = secret.data ?? {};
  const has = (file: string) => (data[file] ?? '') !== '';
  const text = (file: string) => Buffer.from(data[file] ?? '', 'base64').toString();
  const isSelfMade = kind === ISTIO_CA_SECRET || ISTIO_GENERATED in data;
  const form = formOf(kind, isSelfMade, has);
  // istiod looks whether a file is there, and an empty chain is none to it (istio_ca.go, detectSigningCABundleAndCRL).
  const problems = form.needed.flatMap((file) => {
    if (!(file in data)) return [`${file} is missing`];
    return has(file) || file === form.chain ? [] : [`${file} is empty`];
  });
  const certificates = (file: string | undefined): readonly Certificate[] => {
    if (file === undefined || !has(file)) return [];
    // istiod is written in Go.
    const found = readChain(text(file), 'Go');
    problems.push(...found.passedOver.map((one) => `${file}: ${one}`));
    if (found.certificates.length === 0 && found.passedOver.length === 0) problems.push(`${file} holds no certificate`);
    return found.certificates;
  };
  const own = certificates(form.certificate);
  // istiod joins them byte by byte into one bundle (istio/istio, pilot/pkg/bootstrap/istio_ca.go).
  const glued = form === TLS && has(form.root) ? text(form.certificate) + text(form.root) : '';
  problems.push(
    ...readChain(glued, 'Go').passedOver.map((one) => `${form.certificate} and ${form.root} joined: ${one}`),
  );
  const above = certificates(form.chain).filter((one) => !own.some((other) => sameCertificate(one, other)));
  const roots = certificates(form.root);
  return {
    id: `${secret.metadata?.namespace ?? ''}/${secret.metadata?.name ?? ''}`,
    kind,
    plane,
    form: form.certificate === TLS.certificate ? 'tls' : 'istio',
    isSelfMade,
    keeper: keeperOf(secret),
    chain: [...own, ...above],
    roots: [...(roots.length === 0 && form === SELF_SIGNED ? own : roots)],
    problem: problems.length === 0 ? undefined : problems.join('; '),
  };
}

/** cert-manager notes on a Secret which Certificate it belongs to. */
function keeperOf({ metadata }: V1Secret): string | undefined {
  const certificate = metadata?.annotations?.['cert-manager.io/certificate-name'];
  return certificate === undefined ? undefined : `cert-manager's Certificate ${certificate}`;
}

function formOf(kind: AuthoritySecret, isSelfMade: boolean, has: (file: string) => boolean): Form {
  if (kind === ISTIOD_TLS) return SERVING;
  if (isSelfMade) return SELF_SIGNED;
  // istiod too takes the form of kubernetes.io/tls wherever it finds its certificate (detectSigningCABundleAndCRL).
  return has(TLS.certificate) ? TLS : ISTIO;
}
