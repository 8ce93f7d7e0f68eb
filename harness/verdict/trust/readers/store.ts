import { AsnConvert } from '@peculiar/asn1-schema';
import * as asn1 from '@peculiar/asn1-x509';
import type { Certificate } from '../../../observations/certificate.ts';
import { foldText } from '../../../observations/names.ts';
import type { RevocationList } from '../../../observations/revocation-list.ts';

/** How the trusted certificates of one name come in a store; it decides which of them is taken. */
export type StoreOrder = 'of the bundle' | 'of a heap sort';

/**
 * Trusted certificates in the order in which BoringSSL looks through them. The store is sorted by name: with a heap sort,
 * which does not keep equal ones in order, before each certificate is added and before the first look (in Envoy up to
 * 1.37; BoringSSL, crypto/stack/stack.cc and crypto/x509/x509_lu.cc); or so that they stay as they were (from 1.38 on).
 */
export function inStoreOrder(
  bundle: readonly Certificate[],
  order: StoreOrder,
  lists: readonly RevocationList[] = [],
): Certificate[] {
  if (order === 'of the bundle') return [...new Map(bundle.map((one) => [one.fingerprint, one])).values()];
  const entries: Entry[] = [];
  let isSorted = false;
  const sortOnce = () => {
    if (!isSorted) sort(entries);
    isSorted = true;
  };
  const add = (entry: Entry) => {
    sortOnce();
    if (entries.some(({ fingerprint }) => fingerprint === entry.fingerprint)) return;
    entries.push(entry);
    isSorted = false;
  };
  for (const certificate of bundle) {
    const { fingerprint, subjectBytes } = certificate;
    add({ certificate, fingerprint, name: sortingName(subjectBytes) });
  }
  // Lists come after all certificates, but each of them has the store sorted once more.
  for (const { fingerprint, issuerBytes } of lists) {
    add({ certificate: undefined, fingerprint, name: sortingName(issuerBytes) });
  }
  sortOnce();
  return entries.flatMap(({ certificate }) => certificate ?? []);
}

interface Entry {
  /** Undefined for a revocation list. */
  readonly certificate: Certificate | undefined;
  readonly fingerprint: string;
  readonly name: Buffer;
}

const names = new Map<string, Buffer>();

/** A name (DER in hex) as X509_NAME_cmp compares it: every text as a folded UTF8String, without the outermost header. */
function sortingName(bytes: string): Buffer {
  const known = names.get(bytes);
  if (known !== undefined) return known;
  const sets = [...AsnConvert.parse(Buffer.from(bytes, 'hex'), asn1.Name)].map((set) =>
    AsnConvert.serialize(
      new asn1.RelativeDistinguishedName(
        [...set].map(({ type, value }) => {
          const utf8String = foldText(value.toString());
          return new asn1.AttributeTypeAndValue({ type, value: new asn1.AttributeValue({ utf8String }) });
        }),
      ),
    ),
  );
  const name = Buffer.concat(sets.map((set) => Buffer.from(set)));
  names.set(bytes, name);
  return name;
}

/** Certificates before lists; shorter names first, those of one length by their bytes. */
const isLess = (a: Entry | undefined, b: Entry | undefined): boolean => {
  if (a === undefined || b === undefined) return false;
  const [isList, isOtherList] = [a.certificate === undefined, b.certificate === undefined];
  if (isList !== isOtherList) return isOtherList;
  return a.name.length === b.name.length ? Buffer.compare(a.name, b.name) < 0 : a.name.length < b.name.length;
};

function sort(entries: Entry[]): void {
  for (let root = Math.floor((entries.length - 2) / 2); root >= 0; root--) siftDown(entries, root, entries.length);
  for (let end = entries.length - 1; end > 0; end--) {
    swap(entries, 0, end);
    siftDown(entries, 0, end);
  }
}

function siftDown(entries: Entry[], from: number, end: number): void {
  for (let at = from; 2 * at + 1 < end;) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    let next = at;
    if (isLess(entries[next], entries[left])) next = left;
    if (right < end && isLess(entries[next], entries[right])) next = right;
    if (next === at) return;
    swap(entries, at, next);
    at = next;
  }
}

function swap(entries: Entry[], a: number, b: number): void {
  const [one, other] = [entries[a], entries[b]];
  if (one !== undefined && other !== undefined) [entries[a], entries[b]] = [other, one];
}
