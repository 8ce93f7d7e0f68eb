import type { Settings } from '../plan/config/settings.ts';
import { scaleDeadlines } from '../common/deadlines.ts';
import { EXIT } from '../common/errors.ts';
import type { Lab } from '../lab/mesh/lab.ts';
import { wayInService } from '../lab/mesh/lab-manifests.ts';
import { planOf } from '../plan/plan.ts';
import { bringUpWhole } from '../run/bring-up.ts';
import { Session } from '../run/session.ts';
import { print } from '../common/terminal.ts';

/** `meshtrust up`: a lab in the split, to look around in. */
export async function upCommand(settings: Settings): Promise<number> {
  scaleDeadlines(settings.deadlines.scale);
  const plan = await planOf(settings);
  await using session = new Session();
  const lab = await bringUpWhole(session, plan);
  session.keep();
  const way = settings.cluster === 'k3d' ? wayToOwn(lab) : wayToExisting(lab);
  print(process.stdout, `The lab ${session.id} is up, in the split.\n${way}`);
  print(process.stdout, `Remove it with: npm run meshtrust -- down ${session.id}`);
  return EXIT.conformant;
}

const wayToOwn = ({ access, host, addresses: { gateway } }: Lab) => `  export KUBECONFIG=${access.kubeconfig ?? ''}
  curl --header 'Host: ${host}' http://${gateway.host}:${gateway.port}/productpage`;

/** A port-forward of ours has ended with us. */
function wayToExisting({ access, host, distribution }: Lab): string {
  const { namespace, name } = wayInService(distribution);
  return `  kubectl --context ${access.context ?? ''} --namespace ${namespace} port-forward service/${name} 8080:80
  curl --header 'Host: ${host}' http://127.0.0.1:8080/productpage`;
}
