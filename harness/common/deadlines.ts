/**
 * The one table of waits and time-outs, in milliseconds, each with its reason. `deadlines.scale` of the
 * configuration stretches all of them for slower machines.
 */
const TABLE = {
  /** Asking whether an image registry answers: `auto` must have chosen within three seconds. */
  registryProbe: 2_500,
  /** dockerd of Debian answers after 2 to 4 s; a cold disk takes longer. */
  engineStart: 60_000,
  /** apt with an index refresh and five packages; 21 s when measured. */
  engineInstall: 300_000,
  /** From a started node container to a Ready node: 12 s when measured; images are pulled before that. */
  clusterUp: 120_000,
  /** The same for k3s, which is not up before it has imported two gigabytes of official images. */
  k3sUp: 300_000,
  /** The registry that tests start: under a second when measured, and its image is there. */
  testRegistry: 30_000,
  /** A download that has stopped sending. */
  downloadSilence: 30_000,
  /** Deleting a cluster: containers get 10 s to stop. */
  clusterDown: 60_000,
  /** How often a run says that it still holds a cluster, and after what silence it may have died. */
  leaseBeat: 10_000,
  leaseDuration: 60_000,
  /** Deleting a lab from a cluster that stays: namespaces take as long as their slowest pod. */
  leave: 240_000,
  /** What others clean up after that: addresses of Services, endpoints. */
  asFound: 30_000,
  /** A cloud giving a Service of type LoadBalancer an address. */
  loadBalancer: 180_000,
  /** An answer from a node's address: one that this machine cannot reach says nothing at all. */
  wayIn: 3_000,
  /** istiod Ready: 10 s alone, longer while Bookinfo starts beside it. */
  planeReady: 180_000,
  /** Pods of Bookinfo and gateway Ready: 45 s when both planes fight over the ConfigMap, and more on two cores. */
  workloadsReady: 300_000,
  /** cert-manager's three deployments and its webhook answering. */
  certManagerReady: 180_000,
  /** cert-manager issuing an RSA-4096 intermediate: key generation takes up to 15 s on a slow core. */
  certificateReady: 120_000,
  /** A remedy taking effect once everything has restarted: routes and endpoints still propagate. */
  converge: 60_000,
  /** One HTTP request through the gateway: Bookinfo itself gives its calls 3 s, twice. */
  request: 15_000,
  /** One TLS handshake with a pod. */
  handshake: 10_000,
  /** After it, an alert or a session ticket: Envoy sends either at once, other servers need not send tickets. */
  verdictOnClient: 1_000,
  /** Opening a port-forward takes 30 ms; a kubelet that does not answer must not hold up the rest. */
  portForward: 5_000,
  /** What a pod has said before its port-forward fails: it comes right along with the error. */
  lastWords: 100,
  /** What audit asks of one proxy or istiod: 50 ms when measured, and one that hangs must not hold up the others. */
  auditAnswer: 5_000,
  /** A TLS handshake with a pod's own address: from outside the cluster that leads nowhere, and nobody says so. */
  auditDirect: 1_500,
  /** Envoy flushes its access log once a second. */
  accessLog: 15_000,
  /** How long the ConfigMap's resourceVersion is watched; a fight writes about 200 times a second. */
  churnWindow: 5_000,
  /** A pod meeting the other plane's root: kubelet refreshes mounted ConfigMaps about once a minute. */
  agentSymptom: 240_000,
  /** istiod reloading a rotated cacerts: kubelet looks at mounted Secrets about once a minute unless told to. */
  secretReload: 150_000,
  /** Life of a CA whose end is waited for: istiod and the gateway restart within it, 25 s when measured. */
  endingAuthority: 90_000,
  /** Traffic that nobody has stopped: three rolling restarts of everything, on a slow machine. */
  traffic: 600_000,
  /** One call to the Kubernetes API. */
  apiCall: 30_000,
  /** One claim group, remedy and all. */
  claimGroup: 900_000,
  /** Putting back what a claim has changed, once it was stopped: a plane and its workloads restart. */
  claimUndo: 300_000,
  /** A Job in the tests: two shards one after another, 4 min each when measured, on a machine that does more. */
  testJob: 1_800_000,
  /** Pause between two tries of a wait. */
  poll: 250,
  /** What a terminal shows of something under way. */
  refresh: 1_000,
  /** A line of progress for phases that run long where there is no terminal. */
  heartbeat: 30_000,
} as const;

export type Deadline = keyof typeof TABLE;

/** Not waits for something slow: how closely is looked, how long is watched. */
const UNSCALED: readonly Deadline[] = ['poll', 'refresh', 'heartbeat', 'churnWindow', 'leaseBeat', 'leaseDuration'];

let scale = 1;

/** Stretches every deadline; set once, from the configuration. */
export function scaleDeadlines(factor: number): void {
  scale = factor;
}

/** A deadline in milliseconds. */
export function deadline(name: Deadline): number {
  return TABLE[name] * (UNSCALED.includes(name) ? 1 : scale);
}
