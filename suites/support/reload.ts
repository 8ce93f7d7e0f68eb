import type { Lab } from '../../harness/lab/mesh/lab.ts';
import { type IstiodPod, istiodLog, listIstiods } from '../../harness/lab/probe/istiod.ts';
import type { PlaneName } from '../../harness/observations/planes.ts';
import { eventually } from '../../harness/common/retry.ts';
import { nudgeKubelet } from './nudge-kubelet.ts';

/** What istiod says when it has taken over a CA that was put into its Secret (pilot/pkg/bootstrap/istio_ca.go). */
const TAKEN_OVER = 'newly added intermediate CA';

/** An istiod that is to read its plane's `cacerts` again while it runs. */
export interface Reload {
  /** Waits until it says so, and returns those of its words that are new since it is watched. */
  done: () => Promise<string[]>;
}

/** Watches a plane's istiod from now on: what it has said before, of an earlier CA, does not count. */
export async function watchReload(lab: Lab, plane: PlaneName): Promise<Reload> {
  const [istiod] = await listIstiods(lab, plane);
  if (istiod === undefined) throw new Error(`the ${plane} plane has no istiod`);
  const before = (await saidBy(lab, istiod)).length;
  return {
    done: async () => {
      const { namespace, name } = istiod;
      await nudgeKubelet(lab, { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name } });
      return await eventually(
        async () => {
          const lines = (await saidBy(lab, istiod)).slice(before);
          if (lines.length === 0) throw new Error('its log says nothing of a new intermediate CA');
          return lines.map((line) => `${name}: ${line}`);
        },
        { waitingFor: `istiod of the ${plane} plane to reload its cacerts`, within: 'secretReload' },
      );
    },
  };
}

const saidBy = async (lab: Lab, istiod: IstiodPod) =>
  (await istiodLog(lab, istiod)).filter((line) => line.includes(TAKEN_OVER));
