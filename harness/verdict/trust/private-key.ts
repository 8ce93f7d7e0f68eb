import { createPrivateKey, createPublicKey, KeyObject, type webcrypto } from 'node:crypto';
import { inspect } from 'node:util';

export type KeyAlgorithm = 'RSA-4096' | 'RSA-2048' | 'P-256';

const REDACTED = '[private key redacted]';

const rsa = (modulusLength: number) => ({
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength,
  publicExponent: new Uint8Array([1, 0, 1]),
});
const PARAMETERS = { 'RSA-4096': rsa(4096), 'RSA-2048': rsa(2048), 'P-256': { name: 'ECDSA', namedCurve: 'P-256' } };

const isKnown = (algorithm: string): algorithm is KeyAlgorithm => Object.hasOwn(PARAMETERS, algorithm);

/** A key pair whose private half leaves only through {@link pem}: printed in any other way it redacts itself. */
export class PrivateKey {
  readonly publicKey: webcrypto.CryptoKey;
  readonly #privateKey: webcrypto.CryptoKey;

  private constructor(pair: webcrypto.CryptoKeyPair) {
    this.publicKey = pair.publicKey;
    this.#privateKey = pair.privateKey;
  }

  /** Makes a key in libuv's thread pool, so that several come about at the same time. */
  static async generate(algorithm: KeyAlgorithm): Promise<PrivateKey> {
    return new PrivateKey(await crypto.subtle.generateKey(PARAMETERS[algorithm], true, ['sign', 'verify']));
  }

  /** Reads a key of one of these algorithms from PEM. Throws a sentence for any other, and Node's error for no key. */
  static async read(pem: string): Promise<PrivateKey> {
    const privateKey = createPrivateKey(pem);
    const { namedCurve, modulusLength } = privateKey.asymmetricKeyDetails ?? {};
    const algorithm = namedCurve === 'prime256v1' ? 'P-256' : `RSA-${modulusLength ?? '?'}`;
    if (!isKnown(algorithm)) throw new Error(`a key of ${String(privateKey.asymmetricKeyType)} cannot be used here`);
    const parameters = PARAMETERS[algorithm];
    return new PrivateKey({
      privateKey: privateKey.toCryptoKey(parameters, true, ['sign']),
      publicKey: createPublicKey(privateKey).toCryptoKey(parameters, true, ['verify']),
    });
  }

  /** PKCS#8 in PEM, which Istio takes as `ca-key.pem` of its `cacerts` secret. */
  pem(): string {
    return KeyObject.from(this.#privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  /** The handle a certificate is signed with. */
  signingKey(): webcrypto.CryptoKey {
    return this.#privateKey;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
