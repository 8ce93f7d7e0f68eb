/* eslint-disable no-control-regex -- these are bytes */

/**
 * DER of a private key: a SEQUENCE that starts with its version, then PKCS#1's modulus, PKCS#8's algorithm (RFC 5958)
 * or SEC 1's octet string (RFC 5915). Certificates and requests start otherwise.
 */
const DER_KEY = /\x30(?:\x82..|\x81.|[\x20-\x7f])\x02\x01(?:\x00\x02[\x40-\x82]|\x00\x30.\x06|\x01\x04[\x20\x30\x42])/s;

/** PKCS#8's second version starts as a certificate revocation list does, up to what follows the algorithm. */
const DER_VERSION_2 = /\x30(?:\x82..|\x81.|[\x20-\x7f])\x02\x01\x01\x30([\x05-\x7f])(?=\x06)/gs;
const OCTET_STRING = '\x04';

/** Whether the DER of a private key starts anywhere in `bytes`, a Latin-1 string. */
export function holdsPrivateKey(bytes: string): boolean {
  if (DER_KEY.test(bytes)) return true;
  return [...bytes.matchAll(DER_VERSION_2)].some((match) => {
    const algorithm = match.index + match[0].length;
    return bytes[algorithm + (match[1] ?? '').charCodeAt(0)] === OCTET_STRING;
  });
}
