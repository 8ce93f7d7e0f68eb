import type { Certificate } from '../../../observations/certificate.ts';
import type { ObservedProxy } from './observation.ts';

/** What a reason calls a certificate: its common name, else its subject, else its first URI; and 16 digits of it. */
export function called(certificate: Certificate): string {
  const { subjectCommonName, subject, uris } = certificate;
  const [name = ''] = [subjectCommonName, subject, uris[0]].filter((one) => one !== undefined && one !== '');
  return `"${name}" (${certificate.fingerprint.slice(0, 16)})`;
}

/** Several certificates as a reason calls them. */
export const calledAll = (certificates: readonly Certificate[]): string => listed(certificates.map(called));

const MOST = 3;
const LISTS = new Intl.ListFormat('en-GB');

/** `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`; what occurs twice is said once. */
export function listed(items: readonly string[]): string {
  const distinct = [...new Set(items)];
  if (distinct.length <= MOST + 1) return LISTS.format(distinct);
  return LISTS.format([...distinct.slice(0, MOST), `${distinct.length - MOST} more`]);
}

/** Words for a group of proxies, with the verbs that go with them. */
export interface Named {
  /** `gateway mesh-gateway`, `sidecars details, ratings and reviews`. */
  readonly name: string;
  readonly plural: boolean;
}

/** Names proxies of one kind by their apps; several pods of one app are one name. */
export function nameProxies(proxies: readonly ObservedProxy[]): Named {
  const apps = [...new Set(proxies.map(({ app, name }) => (app === '' ? name : app)))];
  const plural = apps.length > 1;
  return { name: `${proxies[0]?.kind ?? 'proxy'}${plural ? 's' : ''} ${listed(apps)}`, plural };
}

/** The verb in the third person: `refuses` for one, `refuse` for several. */
export const verb = ({ plural }: Pick<Named, 'plural'>, stem: string): string => (plural ? stem : `${stem}s`);

/** With a capital and a full stop. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
}
