import type { TrustGraph } from '../trust/graph/model.ts';

/** `notRun` is a planned claim without a result; `notSupported` one the distribution or version cannot meet. */
export type ClaimStatus = 'passed' | 'failed' | 'skipped' | 'notSupported' | 'notRun';

export interface ClaimDescription {
  /** Stable and dotted, such as `trust.manual.leaf-issuer`. */
  id: string;
  /** The normative sentence that passes or fails. */
  sentence: string;
  level: 'core' | 'extended';
  /** Where the sentence comes from: a URL or a document and section. */
  source: string;
  group: string;
}

export interface ClaimResult extends ClaimDescription {
  status: ClaimStatus;
  /** Present for every status but `passed`. */
  reason?: string;
  durationMs: number;
  /** Paths relative to the report. */
  evidence: string[];
}

export interface RemedyResult {
  remedy: string;
  /** The state it was applied to, such as `split`. */
  baseline: string;
  /** Workloads that had to be restarted. */
  restarts: number;
  applySeconds: number;
  /** From the end of applying to the first of several successes in a row. */
  convergeSeconds: number;
  requestsLost?: number;
  /** What the distribution's vendor says of it, such as `unsupported on openshift-4.22`. */
  support: string;
}

/** What a proxy ran and held: versions, the issuer of its certificate, the roots it trusted. */
export interface ProxyState {
  istio: string;
  envoy: string;
  issuer: string;
  root: string;
}

/** Both planes taken from one version to another while requests kept coming. */
export interface UpgradeResult {
  /** Such as `canary, gateway plane first`. */
  upgrade: string;
  from: string;
  to: string;
  /** On new connections, each of them. */
  requests: number;
  requestsLost: number;
  seconds: number;
  proxies: { plane: string; app: string; before: ProxyState; after: ProxyState }[];
}

export interface PhaseResult {
  name: string;
  /** RFC 3339. */
  started: string;
  seconds: number;
  outcome: 'done' | 'failed';
}

/** Who trusted whom at a moment of the run. */
export interface GraphSnapshot {
  /** Such as `the split` or `after the manual remedy`. */
  title: string;
  /** The remedy whose effect it shows. */
  remedy?: string;
  graph: TrustGraph;
}

/** What ended a run before its verdict. */
export interface RunFailure {
  phase: string;
  kind: 'usage' | 'environment' | 'lab' | 'interrupted' | 'bug';
  message: string;
}

/** The report, modelled on Gateway API's ConformanceReport; `reports/conformance.schema.json` says the same. */
export interface ConformanceReport {
  apiVersion: 'meshtrust.dev/v1alpha1';
  kind: 'TrustConformanceReport';
  /** Times are RFC 3339, `tool` is the version of meshtrust; `shard`, such as `2/3`, where it is a part of a run. */
  run: { id: string; started: string; finished: string; tool: string; shard?: string };
  profile: string;
  distribution: string;
  supply: string;
  supplyReason: string;
  notes: string[];
  implementation: {
    planes: { name: string; namespace: string; revision: string; version: string }[];
    components: { name: string; version: string; image?: string; digest?: string }[];
  };
  environment: {
    os: string;
    arch: string;
    cpus: number;
    memoryGiB: number;
    node: string;
    engine: string;
    kubernetes: string;
    /** Of the cluster, where it has more than one. */
    nodes?: number;
  };
  result: 'conformant' | 'notConformant' | 'incomplete';
  summary: Record<ClaimStatus, number>;
  claims: ClaimResult[];
  remedies: RemedyResult[];
  /** Only if there were any. */
  upgrades?: UpgradeResult[];
  /** In the order of the run. */
  graphs: GraphSnapshot[];
  phases: PhaseResult[];
  failure?: RunFailure;
  /** `sha256:` and the hex SHA-256 of everything above in canonical form, see {@link digestOf} in digest.ts. */
  digest: string;
}
