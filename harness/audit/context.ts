import type { Kube } from '../cluster/kube/client.ts';
import { type Access, ACCESSES, type AccessName, nameOfAccess, type Rights } from './access.ts';

export interface AuditOptions {
  /** Whose proxies are looked at; everybody's unless some are named. Planes are looked for wherever that is allowed. */
  namespaces: readonly string[];
  /** Whether Secrets are looked at where that is allowed. */
  secrets: boolean;
  /** How many questions are under way at a time. */
  concurrency: number;
}

/** What every part of one audit shares: the cluster, what may be asked of it, and what could not be seen. */
export class Audit {
  readonly kube: Kube;
  readonly options: AuditOptions;
  readonly rights: Rights;
  readonly #unseen = new Set<string>();
  readonly #beside = new Set<string>();

  constructor(kube: Kube, options: AuditOptions, rights: Rights) {
    this.kube = kube;
    this.options = options;
    this.rights = rights;
  }

  /** By the cluster's clock, which its certificates are made and verified by. */
  get now(): Date {
    return new Date(Date.now() + this.kube.aheadBy());
  }

  /** A sentence each, every one once. */
  get unseen(): string[] {
    return [...this.#unseen];
  }

  get beside(): string[] {
    return [...this.#beside];
  }

  /** What was not seen, and may hide an edge. */
  missed(sentence: string): void {
    this.#unseen.add(sentence);
  }

  /** What is worth knowing and hides none. */
  noted(sentence: string): void {
    this.#beside.add(sentence);
  }

  /** Says what it costs that an access is not allowed, everywhere or in one namespace. */
  lacks(access: AccessName, namespace?: string): void {
    const where = namespace === undefined ? '' : ` in ${namespace}`;
    const wanted: Access = ACCESSES[access];
    this.failed(access, `You may not ${nameOfAccess(wanted)}${where}: ${wanted.without}.`);
  }

  /** Says in a sentence why an access came to nothing. */
  failed(access: AccessName, sentence: string): void {
    const wanted: Access = ACCESSES[access];
    if (wanted.isBeside === true) this.noted(sentence);
    else this.missed(sentence);
  }

  /** Where an access is allowed: everywhere (undefined), or in some of the namespaces that were named. */
  scopes(access: AccessName): (string | undefined)[] {
    if (this.rights.may(access)) return [undefined];
    return this.options.namespaces.filter((namespace) => this.rights.may(access, namespace));
  }
}
