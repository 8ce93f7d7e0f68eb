import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadSettings, parseSettings } from '../plan/config/load.ts';
import { DEFAULTS, type Settings } from '../plan/config/settings.ts';
import { parseManifests } from '../cluster/kube/manifests.ts';
import { bundledTools, jobSecrets, registrySecret, settingsInPod } from './in-pod.ts';
import { jobManifest, type JobPlan } from './manifest.ts';

const SETTINGS: Settings = {
  ...DEFAULTS,
  only: ['trust.split.*'],
  keep: true,
  out: '/elsewhere',
  registry: { push: '127.0.0.1:5000/mesh', pull: 'r.example/mesh', config: '/me/config.json' },
  planes: {
    mesh: { tag: '3.2.0', istioctl: '/me/istioctl', pullSecret: '/me/vendor.json' },
    gateway: { installer: 'helm', charts: '/me/charts' },
  },
};

const plan = (other: Partial<JobPlan> = {}): JobPlan => ({
  namespace: 'trust-night',
  image: 'r.example/mesh/job:1',
  shards: 3,
  settings: settingsInPod(SETTINGS, 'source'),
  secrets: jobSecrets(SETTINGS),
  pulledWith: registrySecret(SETTINGS)?.name,
  volumeClaim: undefined,
  ...other,
});

/** One object of a manifest, as far as is asked about it here. */
function objectOf(kind: string, other: Partial<JobPlan> = {}) {
  const found = parseManifests(jobManifest(plan(other))).find((object) => object.kind === kind);
  return found as unknown as {
    data: Record<string, string>;
    subjects: object[];
    spec: { template: { spec: { containers: [Record<string, object[]>] } & Record<string, unknown> } };
  };
}
const podOf = (other: Partial<JobPlan> = {}) => objectOf('Job', other).spec.template.spec;

describe('the manifest', () => {
  it('has all it needs, in one namespace', () => {
    const objects = parseManifests(jobManifest(plan()));
    expect(
      objects.map(({ kind, metadata }) => `${kind ?? ''} ${metadata?.namespace ?? ''} ${metadata?.name ?? ''}`),
    ).toEqual([
      'Namespace  trust-night',
      'ServiceAccount trust-night meshtrust',
      'ClusterRoleBinding  trust-night',
      'ConfigMap trust-night meshtrust',
      'Job trust-night meshtrust',
    ]);
    expect(objectOf('ClusterRoleBinding').subjects).toEqual([
      { kind: 'ServiceAccount', name: 'meshtrust', namespace: 'trust-night' },
    ]);
  });

  it('has an index for each shard, one after another, none twice', () => {
    const job = objectOf('Job');
    expect(job.spec).toMatchObject({
      completionMode: 'Indexed',
      completions: 3,
      parallelism: 1,
      backoffLimitPerIndex: 0,
    });
    expect(podOf().containers[0]).toMatchObject({ image: 'r.example/mesh/job:1' });
    expect(podOf().containers[0]['env']).toContainEqual({ name: 'SHARDS', value: '3' });
  });

  it('reads credentials from Secrets, readable for its own group alone', () => {
    const pod = podOf();
    expect(pod['imagePullSecrets']).toEqual([{ name: 'meshtrust-registry' }]);
    for (const name of ['meshtrust-registry', 'meshtrust-registry-mesh']) {
      expect(pod['volumes']).toContainEqual({ name, secret: { secretName: name, defaultMode: 0o440 } });
      const mount = { name, mountPath: `/etc/meshtrust/${name}`, readOnly: true };
      expect(pod.containers[0]['volumeMounts']).toContainEqual(mount);
    }
    expect(podOf({ secrets: [], pulledWith: undefined })).not.toHaveProperty('imagePullSecrets');
  });

  it('puts reports on a volume where one is claimed', () => {
    const pod = podOf({ volumeClaim: 'night' });
    expect(pod['volumes']).toContainEqual({ name: 'results', persistentVolumeClaim: { claimName: 'night' } });
    expect(pod.containers[0]['volumeMounts']).toContainEqual({ name: 'results', mountPath: '/results' });
    expect(pod.containers[0]['env']).toContainEqual({ name: 'RESULTS', value: '/results' });
    expect(JSON.stringify(podOf())).not.toContain('RESULTS');
  });
});

describe('settings in a pod', () => {
  const text = objectOf('ConfigMap').data['meshtrust.yaml'] ?? '';

  it('are valid, and name what is in the image and in Secrets', () => {
    expect(parseSettings(text, 'meshtrust.yaml').settings).toMatchObject({
      cluster: 'kubeconfig',
      kubeconfig: { context: 'inClusterContext', wayIn: 'port-forward' },
      supply: 'source',
      bundle: '/opt/parts',
      only: ['trust.split.*'],
      registry: {
        push: 'r.example/mesh',
        pull: 'r.example/mesh',
        config: '/etc/meshtrust/meshtrust-registry/.dockerconfigjson',
      },
      planes: {
        mesh: {
          tag: '3.2.0',
          istioctl: '/opt/parts/planes/mesh/istioctl',
          pullSecret: '/etc/meshtrust/meshtrust-registry-mesh/.dockerconfigjson',
        },
        gateway: { installer: 'helm', charts: '/opt/parts/planes/gateway/charts' },
      },
    });
    expect(bundledTools(SETTINGS, '/parts')).toMatchObject([
      { from: '/me/istioctl', to: '/parts/planes/mesh/istioctl' },
      { from: '/me/charts', to: '/parts/planes/gateway/charts' },
    ]);
    expect(jobSecrets(SETTINGS).map(({ name, file }) => [name, file])).toEqual([
      ['meshtrust-registry', '/me/config.json'],
      ['meshtrust-registry-mesh', '/me/vendor.json'],
    ]);
  });

  it('leave to the pod what is its own: nothing of this machine, and no lab that is kept', () => {
    for (const key of ['keep', 'out', 'ports', 'k3d']) expect(parse(text)).not.toHaveProperty(key);
    expect(text).not.toMatch(/127\.0\.0\.1|\/me\//);
  });

  it('have a way in that was asked for', () => {
    const settings = loadSettings(undefined, { kubeconfig: { wayIn: 'node-port' } });
    expect(settingsInPod(settings, 'registry')).toMatchObject({
      kubeconfig: { wayIn: 'node-port' },
      supply: 'registry',
    });
    expect(settingsInPod(settings, 'registry')).not.toHaveProperty('registry');
  });
});
