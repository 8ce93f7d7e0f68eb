import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { type IstiodPod, istiodLog, listIstiods } from '../../harness/lab/probe/istiod.ts';
import type { PlaneName } from '../../harness/observations/planes.ts';
import { eventually } from '../../harness/common/retry.ts';
import { nudgeKubelet } from './nudge-kubelet.ts';

/** What istiod says when it has taken over a CA that was put into its Secret (pilot/pkg/bootstrap/istio_ca.go). */
const TAKEN_OVER = 'newly added intermediate CA';

/** A plane's istiod that is to read its `cacerts` again while it runs. */
export interface Reload {
  /** Waits until each of its pods says so, and returns those of their words that are new since they are watched. */
  done: () => Promise<string[]>;
}

/** Watches every pod of a plane's istiod from now on: what it has said before, of an earlier CA, does not count. */
export async function watchReload(lab: Lab, plane: PlaneName): Promise<Reload> {
  const pods = await listIstiods(lab, plane);
  if (pods.length === 0) throw new Error(`the ${plane} plane has no istiod`);
  const watched = await Promise.all(pods.map((pod) => watchPod(lab, pod)));
  return { done: async () => (await Promise.all(watched.map(({ done }) => done()))).flat() };
}

async function watchPod(lab: Lab, pod: IstiodPod): Promise<Reload> {
  const { namespace, name } = pod;
  const said = async () => (await istiodLog(lab, pod)).filter((line) => line.includes(TAKEN_OVER));
  const before = (await said()).length;
  return {
    done: async () => {
      await nudgeKubelet(lab, { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name } });
      return await eventually(
        async () => {
          const lines = (await said()).slice(before);
          if (lines.length === 0) throw new Error('its log says nothing of a new intermediate CA');
          return lines.map((line) => `${name}: ${line}`);
        },
        { waitingFor: `${namespace}/${name} to reload its cacerts`, within: 'secretReload' },
      );
    },
  };
}
