import type { Certificate } from './certificate.ts';
import type { PlaneName } from './planes.ts';

/** What a proxy holds for mutual TLS. */
export interface ProxyCertificates {
  /** Its secret `default`: leaf first, as it is presented to peers. */
  chain: readonly Certificate[];
  /** The trusted CAs of its validation context ROOTCA. */
  roots: readonly Certificate[];
}

/** The same as far as it was seen; undefined where it was not. */
export type SeenCertificates = { [Part in keyof ProxyCertificates]: ProxyCertificates[Part] | undefined };

/** A proxy of a lab, as far as its certificates go. */
export interface ProxyIdentity {
  namespace: string;
  /** Of its pod. */
  name: string;
  plane: PlaneName;
  serviceAccount: string;
}

/** Which proxy holds what. */
export interface HeldByProxy<Proxy extends ProxyIdentity = ProxyIdentity> extends ProxyCertificates {
  proxy: Proxy;
}
