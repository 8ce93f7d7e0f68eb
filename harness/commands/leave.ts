import { connect, readAccess } from '../cluster/access.ts';
import { leaveCluster, type Leaving } from '../cluster/leave.ts';
import { EvidenceRecorder } from '../evidence/recorder.ts';
import { Redactor } from '../evidence/redact.ts';
import { appendEvent } from '../report/events.ts';
import type { Session } from '../session.ts';

/**
 * Removes the lab from a cluster that was there before it, and puts into the report how the cluster is left. Where that
 * fails the run is kept on record, so that `down` can try again. A cluster of the run's own goes with the session.
 */
export async function leaveExisting(session: Session, out: string, events: string): Promise<void> {
  const { id, progress } = session;
  const access = readAccess(id);
  const { before } = access ?? {};
  if (access === undefined || before === undefined) return;
  await progress.phase('Remove the lab from the cluster', async () => {
    try {
      const leaving = await leaveCluster(connect(access), id, before);
      await new EvidenceRecorder(out, new Redactor()).write('lab', 'cluster-before-and-after', leaving);
      appendEvent(events, { type: 'note', text: sentenceFor(leaving) });
    } catch (error) {
      session.keep();
      throw error;
    }
  });
}

function sentenceFor({ before, after, added, gone }: Leaving): string {
  const objects = `${before} objects before, ${after} after`;
  const differences = [...added.map((object) => `+ ${object}`), ...gone.map((object) => `- ${object}`)];
  if (differences.length === 0) return `the cluster is as it was found: ${objects}`;
  return `the cluster is not quite as it was found, though nothing is left with this run's label: ${objects}; ${differences.join(', ')}`;
}
