import type { KubernetesObject } from '@kubernetes/client-node';
import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { Settings } from '../plan/config/settings.ts';
import { fillIn, parseManifests } from '../cluster/kube/manifests.ts';
import { fixture } from '../common/paths.ts';
import type { JobSecret } from './in-pod.ts';

export interface JobPlan {
  namespace: string;
  /** What the nodes pull. */
  image: string;
  shards: number;
  /** As a pod is to have them. */
  settings: Partial<Settings>;
  /** What its pods read credentials from. */
  secrets: readonly JobSecret[];
  /** The Secret among them that the Job's own image is pulled with. */
  pulledWith: string | undefined;
  /** PersistentVolumeClaim for the reports; undefined to have them in the logs. */
  volumeClaim: string | undefined;
}

const RESULTS = '/results';
/** Readable for the group that the pod's volumes are of (`fsGroup`), and for nobody else. */
const PRIVATE = 0o440;

/** The manifests of a Job (fixtures/job/job.yaml), as YAML. No secret is in them. */
export function jobManifest(plan: JobPlan): string {
  const { namespace, settings } = plan;
  const objects = template(plan).flatMap((object): KubernetesObject[] => {
    if (object.kind !== 'Job') return [object];
    const data = { 'meshtrust.yaml': stringify(settings) };
    return [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'meshtrust', namespace }, data } as KubernetesObject,
      withVolumes(object, plan),
    ];
  });
  return objects.map((object) => `---\n${stringify(object)}`).join('');
}

function template({ namespace, image, shards }: JobPlan): KubernetesObject[] {
  const text = readFileSync(fixture('job', 'job.yaml'), 'utf8');
  return parseManifests(fillIn(text, { namespace, image, shards: String(shards) }));
}

/** As much of a Job as is completed here. */
interface JobObject extends KubernetesObject {
  spec: { template: { spec: { containers: { env: object[]; volumeMounts: object[] }[]; volumes: object[] } } };
}

/** The Job with the volumes that only some need. */
function withVolumes(object: KubernetesObject, { secrets, pulledWith, volumeClaim }: JobPlan): KubernetesObject {
  const { spec } = object as JobObject;
  const pod = spec.template.spec;
  const more = [
    ...secrets.map(({ name, mountPath }) => ({
      volume: { name, secret: { secretName: name, defaultMode: PRIVATE } },
      mount: { name, mountPath, readOnly: true },
    })),
    ...(volumeClaim === undefined ? [] : [resultsOn(volumeClaim)]),
  ];
  const containers = pod.containers.map((container) => ({
    ...container,
    env: [...container.env, ...(volumeClaim === undefined ? [] : [{ name: 'RESULTS', value: RESULTS }])],
    volumeMounts: [...container.volumeMounts, ...more.map(({ mount }) => mount)],
  }));
  const volumes = [...pod.volumes, ...more.map(({ volume }) => volume)];
  const pull = pulledWith === undefined ? {} : { imagePullSecrets: [{ name: pulledWith }] };
  const template = { ...spec.template, spec: { ...pod, ...pull, containers, volumes } };
  return { ...object, spec: { ...spec, template } } as KubernetesObject;
}

const resultsOn = (claimName: string) => ({
  volume: { name: 'results', persistentVolumeClaim: { claimName } },
  mount: { name: 'results', mountPath: RESULTS },
});
