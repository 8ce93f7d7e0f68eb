import { CA_FILES } from '../../observations/istio.ts';
import type { PlaneName } from '../../observations/planes.ts';
import { apply } from '../../cluster/ownership/objects.ts';
import { bundle, cacerts, cacertsReference, INTERMEDIATES } from '../../lab/remedies/manual.ts';
import { ORGANIZATION, ROOT_NAME } from '../../lab/remedies/remedy.ts';
import { restartGatewayPlane } from '../../lab/remedies/restart.ts';
import { parseCertificates } from '../../observations/certificate.ts';
import { type AuthorityOptions, createIntermediate, createRoot } from '../../verdict/trust/issue.ts';
import { type LiveSabotage, manual, type Scene } from './scene.ts';

/** Wrong CAs on the gateway plane, which restarts with them as it would after a remedy. */
export const AUTHORITIES: readonly LiveSabotage[] = [
  {
    name: 'gateway-under-another-root',
    breaks: 'the gateway plane’s intermediate has the right name and hangs under another root',
    ...manual('bookinfo', 'chain', 'rootca-equal', 'peer-principal'),
    needsSeparateMaps: true,
    commit: (scene) => underNewRoot(scene, { commonName: 'Another Root CA' }),
  },
  {
    name: 'root-same-subject-other-key',
    breaks: 'the gateway plane’s root has the shared root’s name and another key',
    ...manual('bookinfo', 'chain', 'rootca-equal', 'peer-principal'),
    needsSeparateMaps: true,
    commit: (scene) => underNewRoot(scene, { ...ORGANIZATION, commonName: ROOT_NAME }),
  },
  {
    name: 'leaf-of-wrong-intermediate',
    breaks: 'the gateway plane issues from the mesh plane’s intermediate',
    ...manual('leaf-issuer'),
    commit: async (scene) => plugIntoGateway(scene, await readCacerts(scene, 'mesh')),
  },
  {
    name: 'gateway-trusts-one-root-more',
    breaks: 'the gateway trusts a foreign root beside the shared one',
    ...manual('rootca-equal'),
    needsSeparateMaps: true,
    commit: async (scene) => {
      const foreign = await createRoot({ commonName: 'Foreign Root CA' });
      scene.keepSecret(foreign.privateKey.pem());
      const data = await readCacerts(scene, 'gateway');
      const shared = parseCertificates(decode(data[CA_FILES.root]));
      await plugIntoGateway(scene, { ...data, [CA_FILES.root]: encode(bundle([...shared, foreign.certificate])) });
    },
  },
];

const encode = (text: string) => Buffer.from(text).toString('base64');
const decode = (base64 = '') => Buffer.from(base64, 'base64').toString();

async function underNewRoot(scene: Scene, options: AuthorityOptions): Promise<void> {
  const root = await createRoot(options);
  const intermediate = await createIntermediate(root, { ...ORGANIZATION, commonName: INTERMEDIATES.gateway });
  for (const { privateKey } of [root, intermediate]) scene.keepSecret(privateKey.pem());
  await plugIntoGateway(scene, cacerts(scene.lab.distribution.planes.gateway, intermediate).data);
}

/** The files of a plane's plugged-in CA, in base64. */
async function readCacerts({ lab, keepSecret }: Scene, plane: PlaneName): Promise<Record<string, string>> {
  const { metadata } = cacertsReference(lab.distribution.planes[plane]);
  const { data = {} } = await lab.kube.core.readNamespacedSecret(metadata);
  keepSecret(decode(data[CA_FILES.key]));
  return data;
}

async function plugIntoGateway(scene: Scene, data: Record<string, string>): Promise<void> {
  const { lab, undo } = scene;
  const write = async (files: Record<string, string>) => {
    const secret = { ...cacertsReference(lab.distribution.planes.gateway), type: 'Opaque', data: files };
    await apply(lab, [secret]);
    await restartGatewayPlane(lab);
  };
  const before = await readCacerts(scene, 'gateway');
  undo.defer(() => write(before));
  await write(data);
}
