import 'reflect-metadata';
import { generateKeyPairSync, KeyObject } from 'node:crypto';
import { X509CertificateGenerator } from '@peculiar/x509';

const rsaPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ecPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** PEM of the RSA key that these tests plant. */
export const rsaKey = (type: 'pkcs1' | 'pkcs8') => rsaPair.privateKey.export({ type, format: 'pem' }) as string;
/** PEM of the EC key that these tests plant. */
export const ecKey = (type: 'sec1' | 'pkcs8') => ecPair.privateKey.export({ type, format: 'pem' }) as string;

/** A certificate and its private key, both PEM: they share the modulus, which is no secret. */
export const CERTIFICATE = await selfSigned();

async function selfSigned(): Promise<{ pem: string; key: string }> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: Buffer.from([1, 0, 1]),
  };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({ name: 'CN=canary', keys });
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs1', format: 'pem' }) as string;
  return { pem: `${certificate.toString('pem').trim()}\n`, key };
}

/** The base64 lines of a PEM block. */
export const linesOf = (pem: string) => pem.split('\n').filter((line) => /^[A-Za-z0-9+/]{8,}=*$/.test(line));
