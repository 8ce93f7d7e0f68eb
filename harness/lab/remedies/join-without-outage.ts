import { CA_FILES, ISTIO_CA_SECRET } from '../../observations/istio.ts';
import { type PlaneName, PLANES } from '../../observations/planes.ts';
import { remove } from '../../cluster/ownership/objects.ts';
import type { Lab } from '../mesh/lab.ts';
import { parseCertificate } from '../../observations/certificate.ts';
import { type Authority, PrivateKey } from '../../verdict/trust/issue.ts';
import { issueFromRoot } from './cert-manager.ts';
import { bundle, cacertsReference, makeHierarchy } from './manual.ts';
import type { KeepSecret } from './remedy.ts';
import { ALL_RESTARTS } from './restart.ts';
import { restartInTurn } from './restart-in-turn.ts';
import { inSteps, type Plugged, plugged, plugIn, type Rotated, trust } from './rotate.ts';

/**
 * From two self-signed planes to the manual remedy so that inside the mesh each proxy trusts, at every moment, whatever
 * any other presents. istiod hands out more than one root only where its CA is plugged in: so each plane's own CA is
 * plugged in first, beside the roots to come (Istio documentation, «Plug in CA Certificates»).
 */
export async function joinManually(lab: Lab, keepSecret: KeepSecret): Promise<Rotated> {
  const [mesh, gateway] = await Promise.all(PLANES.map((plane) => selfSigned(lab, plane, keepSecret)));
  if (mesh === undefined || gateway === undefined) throw new Error('a plane has no self-signed CA');
  const next = await makeHierarchy(keepSecret);
  const every = [mesh.certificate, gateway.certificate, next.root.certificate];
  const steps = await inSteps({
    'own CAs plugged in, every root': async () => {
      await plugIn(lab, { mesh, gateway }, every);
      await restartInTurn(lab, bundle(every));
    },
    'intermediates, every root': async () => {
      await plugIn(lab, next, every);
      await restartInTurn(lab, bundle(every));
    },
    'intermediates, the shared root': async () => {
      await trust(lab, [next.root.certificate]);
      await restartInTurn(lab, bundle([next.root.certificate]));
    },
  });
  return { ...plugged(next), restarts: steps.length * ALL_RESTARTS, steps };
}

/** From the manual remedy to cert-manager, which gets the root that everybody trusts already. */
export async function joinByCertManager(lab: Lab, { root }: Plugged): Promise<Rotated> {
  let intermediates: Plugged['intermediates'] | undefined;
  const steps = await inSteps({
    'intermediates of cert-manager, the same root': async () => {
      // A Secret keeps its type, and theirs differ. istiod goes on with what it has read.
      await remove(
        lab,
        PLANES.map((plane) => cacertsReference(lab.distribution.planes[plane])),
      );
      intermediates = await issueFromRoot(lab, root);
      await restartInTurn(lab, bundle([root.certificate]));
    },
  });
  if (intermediates === undefined) throw new Error('cert-manager has issued nothing');
  return { root, intermediates, restarts: ALL_RESTARTS, steps };
}

/** The CA that a plane has made for itself (Istio's Secret `istio-ca-secret`). */
async function selfSigned(lab: Lab, plane: PlaneName, keepSecret: KeepSecret): Promise<Authority> {
  const { namespace } = lab.distribution.planes[plane];
  const { data } = await lab.kube.core.readNamespacedSecret({ namespace, name: ISTIO_CA_SECRET });
  const text = (name: string) => Buffer.from(data?.[name] ?? '', 'base64').toString();
  const key = text(CA_FILES.key);
  const privateKey = await PrivateKey.read(key);
  // As istiod has written it, and as it will be plugged in.
  for (const pem of [key, privateKey.pem()]) keepSecret(pem);
  const certificate = parseCertificate(text(CA_FILES.certificate));
  return { certificate, privateKey, chain: [certificate] };
}
