import type { GraphLink, TrustGraph } from '../../trust/graph/model.ts';
import { ABSENT, compareFacts } from './facts.ts';
import type { Change } from './model.ts';
import { listNames, workloadOf } from './workloads.ts';

/** By workload, what is known of each of its facts. */
type Workloads = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Who issues to whom and who trusts what, in two graphs of one moment of a run. Every run makes keys of its own, so CAs
 * are told apart by what they have besides: subject, key algorithm, the plane they issue for, and how many there are of
 * one name. Workloads that changed in the same way are one change.
 */
export function compareTrust(title: string, old: TrustGraph, now: TrustGraph): Change[] {
  const [before, after] = [workloadsOf(old), workloadsOf(now)];
  const changes = [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    if (was === undefined) return [{ name, fact: 'workload', old: ABSENT, new: 'present' }];
    if (is === undefined) return [{ name, fact: 'workload', old: 'present', new: ABSENT }];
    return compareFacts('trust', was, is).map(({ what, old, new: now }) => ({ name, fact: what, old, new: now }));
  });
  const alike = Map.groupBy(changes, ({ name: _, ...change }) => JSON.stringify(change));
  return [
    ...compareFacts('trust', authorities(title, old), authorities(title, now)),
    ...[...alike.values()].flatMap((group): Change[] => {
      const [first] = group;
      if (first === undefined) return [];
      const what = `${title}: ${first.fact} of ${listNames(group.map(({ name }) => name))}`;
      return [{ kind: 'trust', what, old: first.old, new: first.new }];
    }),
  ];
}

/** How many CAs there are of each description, such as `the split: root "CN=SM Root CA" (RSA-4096)`. */
function authorities(title: string, graph: TrustGraph): Map<string, string> {
  const all = graph.nodes.filter(({ kind }) => kind === 'root' || kind === 'intermediate');
  const described = Map.groupBy(all, ({ id, kind }) => `${title}: ${kind} ${describe(id, graph)}`);
  return new Map([...described].map(([what, { length }]) => [what, String(length)]));
}

function workloadsOf(graph: TrustGraph): Workloads {
  const holders = graph.nodes.filter(({ kind }) => kind === 'proxy' || kind === 'istiod');
  const linked = (kind: GraphLink['kind']) =>
    Map.groupBy(
      graph.links.filter((link) => link.kind === kind),
      ({ from }) => from,
    );
  const [issuers, trusted] = [linked('signedBy'), linked('trusts')];
  const keys = new Map(graph.certificates.map(({ fingerprint, key }) => [fingerprint, key]));
  const workloads = Map.groupBy(holders, ({ id, kind }) => (kind === 'proxy' ? workloadOf(id) : id));
  return new Map(
    [...workloads].map(([name, pods]) => {
      const leadTo = (links: ReadonlyMap<string, GraphLink[]>) =>
        describeAll(
          pods.flatMap(({ id }) => (links.get(id) ?? []).map(({ to }) => to)),
          graph,
        );
      const facts = new Map([
        ['issuer', leadTo(issuers)],
        ['key', listNames(pods.map(({ certificate }) => keys.get(certificate ?? '') ?? 'not seen'))],
        ['control plane', listNames(pods.map(({ plane }) => plane ?? 'not known'))],
      ]);
      // An istiod is trusted; what it trusts itself no graph tells.
      if (pods.some(({ kind }) => kind === 'proxy')) facts.set('trusted roots', leadTo(trusted));
      return [name, facts];
    }),
  );
}

/** `"CN=SM Root CA" (RSA-4096) and "O=cluster.local" (RSA-2048, istio-system/istiod) ×2`, `none`. */
function describeAll(fingerprints: readonly string[], graph: TrustGraph): string {
  const same = Map.groupBy(
    [...new Set(fingerprints)].map((fingerprint) => describe(fingerprint, graph)),
    (one) => one,
  );
  if (same.size === 0) return 'none';
  return listNames([...same].map(([one, { length }]) => (length === 1 ? one : `${one} ×${length}`)));
}

/** What a CA has besides its key: subject, key algorithm, and the plane it issues for where that is one. */
function describe(fingerprint: string, { nodes, certificates }: TrustGraph): string {
  const certificate = certificates.find((one) => one.fingerprint === fingerprint);
  const plane = nodes.find(({ id }) => id === fingerprint)?.plane;
  const details = [certificate?.key ?? 'key not seen', ...(plane === undefined ? [] : [plane])];
  return `"${certificate?.subject ?? 'not seen'}" (${details.join(', ')})`;
}
