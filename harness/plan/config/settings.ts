import Type, { type Static } from 'typebox';
import { EXISTING_CLUSTER } from '../../cluster/existing.ts';
import { type Distribution, GATEWAY_CLASS, loadDistribution, type PlaneOptions } from '../../lab/mesh/distribution.ts';
import { VENDOR_PLANE } from '../../lab/mesh/installers/installer.ts';
import { WAYS_IN } from '../../lab/mesh/addresses.ts';
import { count, object, oneOf, partial, text, version } from '../../common/schema.ts';
import { IMAGE_STORE } from '../../supply/push.ts';
import { OWN_IMAGES, SUPPLY_KINDS } from '../../supply/supply.ts';
import { VERSIONS } from '../../supply/versions.ts';

const port = () => Type.Integer({ minimum: 0, maximum: 65535, description: '0 has a free one chosen.' });

/** What a run is to do, complete. */
const SETTINGS = object(
  {
    profile: Type.String({ description: 'Set of claims to judge, a folder below suites/.' }),
    distribution: Type.String({ description: 'How the planes are configured, a file in fixtures/distributions/.' }),
    supply: oneOf(['auto', ...SUPPLY_KINDS], 'Where the parts come from.'),
    bundle: Type.Optional(text('Folder with parts that were put together elsewhere, for cluster kubeconfig.')),
    cluster: oneOf(['k3d', 'kubeconfig'], 'What the lab runs on.'),
    kubeconfig: object(
      {
        ...EXISTING_CLUSTER.properties,
        wayIn: oneOf(
          WAYS_IN,
          'How requests get to the gateway; auto is the first that works of node-port and port-forward.',
        ),
      },
      { description: 'For cluster kubeconfig: which one, by the name of its context or the address of its server.' },
    ),
    istioVersion: version('Version of both planes.'),
    registry: Type.Optional(IMAGE_STORE),
    planes: object(
      { mesh: VENDOR_PLANE, gateway: VENDOR_PLANE },
      { description: "What a vendor's build of a plane has of its own; all else is as the supply has it." },
    ),
    upgrade: object({
      from: version('Version that profile upgrade starts from, on its way to istioVersion.'),
      lossBudget: count('Requests that an upgrade may lose.'),
    }),
    only: Type.Array(Type.String(), { description: 'Globs over claim ids; empty for all.' }),
    keep: Type.Boolean({ description: 'Leave the lab up after the run.' }),
    out: Type.Optional(text('Folder for the report; a new one below reports/ if left out.')),
    images: OWN_IMAGES,
    gatewayClass: Type.Partial(GATEWAY_CLASS, {
      additionalProperties: false,
      description: 'What the Gateways of the gateway plane name as theirs.',
    }),
    host: Type.String({
      pattern: '^[a-z0-9-]+(\\.[a-z0-9-]+)+$',
      description: 'Host name of Bookinfo; the Gateway serves the wildcard that it falls under.',
    }),
    ports: object(
      { api: port(), gateway: port() },
      { description: 'Local ports; free ones are chosen for those left out.' },
    ),
    k3d: object(
      {
        agents: Type.Integer({ minimum: 0, maximum: 10, description: 'Nodes beside the server.' }),
        registries: Type.Optional(text('Path of a registries.yaml of k3s, for images that the nodes pull.')),
      },
      { description: 'The nodes of the lab.' },
    ),
    deadlines: object({
      scale: Type.Number({ minimum: 0.1, maximum: 20, description: 'Factor for every wait.' }),
    }),
  },
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://meshtrust.dev/schema/meshtrust.schema.json',
    title: 'meshtrust.yaml',
    description: 'Settings of a run; flags of the command line win over them.',
  },
);
export type Settings = Static<typeof SETTINGS>;

/** Schema of `meshtrust.yaml`, which may leave out anything; schema.json beside this file is the same for editors. */
export const SETTINGS_FILE = partial(SETTINGS);

/** The same with everything optional: what a file or the command line says. */
export type PartialSettings = { [Key in keyof Settings]?: Partial<Settings[Key]> | Settings[Key] };

export const DEFAULTS: Settings = {
  profile: 'trust',
  distribution: 'openshift-4.22',
  cluster: 'k3d',
  kubeconfig: { wayIn: 'auto' },
  supply: 'auto',
  istioVersion: VERSIONS.istio,
  planes: { mesh: {}, gateway: {} },
  gatewayClass: {},
  images: { bookinfo: {} },
  upgrade: { from: VERSIONS.upgradeFrom, lossBudget: 0 },
  only: [],
  keep: false,
  host: 'bookinfo.gwapi.example.com',
  ports: { api: 0, gateway: 0 },
  k3d: { agents: 0 },
  deadlines: { scale: 1 },
};

/** The distribution under the names that the settings give it. Fails, exit code 2, where there is no such one. */
export const distributionOf = (settings: Settings, overlays: PlaneOptions['overlays'] = {}): Distribution =>
  loadDistribution(settings.distribution, { names: settings, overlays });
