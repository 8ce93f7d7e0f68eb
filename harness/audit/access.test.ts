import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { connectKube } from '../cluster/kube/client.ts';
import { fixture } from '../common/paths.ts';
import { ACCESSES, type AccessName } from './access.ts';
import { loopbackMesh } from './testing/mesh.ts';
import { openLoopback, SILENT } from './testing/open.ts';
import type { PolicyRule } from './testing/rules.ts';
import { observe } from './observe.ts';

const documents = parseAllDocuments(readFileSync(fixture('rbac', 'observer.yaml'), 'utf8')).map(
  (document) => document.toJS() as { kind: string; metadata: { name: string } } & Record<string, unknown>,
);
const [role, binding] = documents;
const observer = role?.['rules'] as PolicyRule[];

/** One line for each verb on each resource. */
const flat = (rules: readonly PolicyRule[]) =>
  rules
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
      ),
    )
    .sort();

const declared = (names: AccessName[]) =>
  flat(
    names.map((name) => {
      const { group, resource, verbs } = ACCESSES[name];
      return { apiGroups: [group], resources: [resource], verbs: [...verbs] };
    }),
  );

async function auditAs(rules: PolicyRule[]) {
  await using loopback = await openLoopback({ ...(await loopbackMesh()), rules });
  const kube = connectKube(loopback.kubeconfig);
  const observation = await observe(kube, { namespaces: [], secrets: true, concurrency: 4 }, SILENT);
  return { observation, asked: loopback.asked.filter(({ resource }) => resource !== 'selfsubjectaccessreviews') };
}

describe('the observer role', () => {
  it('grants what the code declares but Secrets, no verb more and no verb less', () => {
    const names = (Object.keys(ACCESSES) as AccessName[]).filter((name) => name !== 'secrets');
    expect(flat(observer)).toEqual(declared(names));
    expect(observer.flatMap((rule) => Object.keys(rule)).sort()).toEqual(
      observer.flatMap(() => ['apiGroups', 'resources', 'verbs']).sort(),
    );
  });

  it('is what its binding binds', () => {
    expect(documents.map(({ kind }) => kind)).toEqual(['ClusterRole', 'ClusterRoleBinding']);
    expect(binding?.['roleRef']).toMatchObject({ kind: 'ClusterRole', name: role?.metadata.name });
  });

  it('is enough: with it everything but Secrets is seen, and nothing is asked for that it does not grant', async () => {
    const { observation, asked } = await auditAs(observer);
    expect(observation.unseen).toEqual([]);
    expect(observation.beside).toEqual([expect.stringContaining('You may not get secrets')]);
    expect(observation.proxies.map(({ problem }) => problem)).toEqual(observation.proxies.map(() => undefined));
    expect(observation.planes.every(({ serving }) => serving !== undefined)).toBe(true);
    const used = asked.map(({ verb, group, resource }) => ({
      verbs: [verb],
      apiGroups: [group],
      resources: [resource],
    }));
    expect([...new Set(flat(used))]).toEqual(flat(observer));
  });

  const grants = observer.flatMap((rule, at) =>
    rule.resources.flatMap((resource) => rule.verbs.map((verb) => ({ at, verb, resource }))),
  );

  it.each(grants)('is no more than is needed: without $verb $resource something is not seen', async (grant) => {
    const rules = observer.flatMap((rule, at) => {
      if (at !== grant.at) return [rule];
      const others = { ...rule, resources: rule.resources.filter((one) => one !== grant.resource) };
      const verbs = rule.verbs.filter((verb) => verb !== grant.verb);
      return [others, { ...rule, resources: [grant.resource], verbs }];
    });
    const said = await auditAs(rules).then(
      ({ observation: { unseen, beside } }) => [...unseen, ...beside].join('\n'),
      (error: unknown) => String(error),
    );
    expect(said).toContain(`You may not ${observer[grant.at]?.verbs.join(' and ') ?? ''} ${grant.resource}`);
  });
});
