import type * as asn1 from '@peculiar/asn1-x509';
import { x509 } from './x509.ts';

/** The forms of RFC 5280 GeneralName; `other` stands for those no mesh uses (otherName, x400, EDI, registered id). */
export type NameForm = 'dns' | 'uri' | 'email' | 'ip' | 'directory' | 'other';

/** One name of a certificate or one base of a name constraint. A directory name's value is its canonical form. */
export interface GeneralName {
  readonly form: NameForm;
  /** In a constraint an IP value is an address and prefix length, such as `10.0.0.0/8`. */
  readonly value: string;
}

/**
 * A distinguished name as a string that is equal for two names that match (RFC 5280 section 7.1: case and repeated
 * white space do not count, string types neither), and a prefix up to a comma for a name above it in the tree.
 */
export function canonicalName(name: x509.Name): string {
  return name
    .toJSON()
    .map((rdn) =>
      Object.entries(rdn)
        .flatMap(([type, values]) => values.map((value) => `${type}=${fold(value)}`))
        .sort()
        .join('+'),
    )
    .join(',');
}

/** A text of a name without what does not count. */
export const foldText = (value: string): string => value.trim().replace(/\s+/g, ' ').toLowerCase();

function fold(value: string): string {
  return foldText(value).replace(/[\\,+=]/g, (separator) => `\\${separator}`);
}

export function generalNameOf(name: asn1.GeneralName): GeneralName {
  if (name.dNSName !== undefined) return { form: 'dns', value: name.dNSName };
  if (name.uniformResourceIdentifier !== undefined) return { form: 'uri', value: name.uniformResourceIdentifier };
  if (name.rfc822Name !== undefined) return { form: 'email', value: name.rfc822Name };
  if (name.iPAddress !== undefined) return { form: 'ip', value: name.iPAddress };
  if (name.directoryName !== undefined) {
    return { form: 'directory', value: canonicalName(new x509.Name(name.directoryName)) };
  }
  return { form: 'other', value: 'a form this suite does not read' };
}
