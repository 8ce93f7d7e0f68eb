// @peculiar/x509 finds its parsers through tsyringe, which needs Reflect.metadata before the library loads.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

// The library picks a provider only where `self` exists, as in browsers; Node has the same WebCrypto without it.
x509.cryptoProvider.set(globalThis.crypto);

export { x509 };
