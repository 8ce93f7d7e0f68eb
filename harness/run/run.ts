import { join, resolve } from 'node:path';
import { connect, readAccess } from '../cluster/access.ts';
import type { ClaimGroup } from '../plan/catalog.ts';
import { type GroupOutcome, runGroup } from './claims/run-group.ts';
import { deadline } from '../common/deadlines.ts';
import { Failure, lastLines } from '../common/errors.ts';
import { EvidenceRecorder } from '../verdict/evidence/recorder.ts';
import { apiMessage } from '../cluster/kube/failure.ts';
import { type AddOn, ADD_ONS } from '../lab/mesh/add-ons.ts';
import { installAddOn, type StandingLab } from '../lab/mesh/bring-up.ts';
import { collectLogs } from '../lab/mesh/logs.ts';
import type { Removal } from '../cluster/ownership/compare.ts';
import type { Plan } from '../plan/plan.ts';
import { OwnedFolder } from '../cluster/ownership/report-folder.ts';
import { readEvents } from '../verdict/report/events.ts';
import type { RunFailure } from '../verdict/report/model.ts';
import { type Shard, shardName } from '../verdict/report/shard.ts';
import { exitCodeFor } from '../verdict/report/verdict.ts';
import { newRunId, Session } from './session.ts';
import { eventsFile, workFolder } from '../cluster/state/runs.ts';
import type { AddOnName, AddOnParts, Supply } from '../supply/supply.ts';
import { print } from '../common/terminal.ts';
import { runReport, type RunFacts } from './run-report.ts';
import { bringUp } from './bring-up.ts';
import { publishReport } from './output.ts';
import { labSecrets, redactorOf } from './secrets.ts';

/** What only the command line says of a run. */
export interface RunRequest {
  /** The part of the claims that is judged here; undefined for all. */
  shard: Shard | undefined;
  sabotage: string | undefined;
}

/** Brings the plan's lab up, judges its claims, writes the report and removes the lab, whatever happens. Returns the exit code. */
export async function runPlan(plan: Plan, { shard, sabotage }: RunRequest): Promise<number> {
  const { settings, groups = [] } = plan;
  const id = newRunId();
  const folder = OwnedFolder.take(resolve(settings.out ?? join('reports', id)), id);
  const start = { plan, runId: id, started: new Date(), shard, components: [] };
  if (groups.length === 0) return await reportNothing({ ...start, phases: [] }, folder);
  let session: Session;
  try {
    session = new Session(id);
  } catch (error) {
    return await reportFailure({ ...start, phases: [] }, folder, error);
  }
  const { phases } = session.progress;
  const facts: RunFacts = { ...start, phases };
  const events = eventsFile(id);
  let failure: RunFailure | undefined;
  const notes: string[] = [];
  /** Runs a step; the first failure is the run's, and what goes wrong after it is told beside it. */
  const attempt = async (step: () => Promise<unknown>, explain: typeof runFailure = cleaningFailure) => {
    try {
      await step();
    } catch (error) {
      const failed = explain(error, session);
      if (failure === undefined) failure = failed;
      else if (failed.message !== failure.message) notes.push(`${failed.phase} (${failed.kind}): ${failed.message}`);
    }
  };
  await attempt(() => judge(session, facts, { out: folder.path, events, sabotage }), runFailure);
  const inLab = await labSecrets(plan, id).catch((error: unknown) => {
    const why = apiMessage(error);
    notes.push(`the report was searched for private keys without those of the lab, which could not be read: ${why}`);
    return [];
  });
  // Whatever is written from here on knows every secret of the run.
  const redactor = redactorOf(settings, id, inLab, (sentence) => notes.push(sentence));
  if (failure !== undefined || hasFailedClaim(events))
    await attempt(() => keepLogs(plan, id, new EvidenceRecorder(folder, redactor), session.signal));
  await attempt(() => {
    session.signal.throwIfAborted();
    if (settings.keep && failure === undefined) session.keep();
    return Promise.resolve();
  }, runFailure);
  await attempt(async () => notes.push(...(await leave(session, new EvidenceRecorder(folder, redactor)))));
  const said = readEvents(events);
  await attempt(() => session.progress.phase(leaving(session), () => session[Symbol.asyncDispose]()));
  await attempt(() => {
    const cleaned = folder.rewrite((text) => redactor.redact(text));
    return Promise.resolve(notes.push(...cleaned.map((file) => `something secret was taken out of ${file}`)));
  });
  const told = notes.map((text) => ({ type: 'note' as const, text }));
  const report = runReport(facts, [...said, ...told], failure, (text) => redactor.redact(text));
  await publishReport(folder, report);
  if (session.isKept) print(process.stdout, keptHint(id));
  return exitCodeFor(report);
}

/** Where there are more shards than groups some machines have no work: they report just that, and need no lab. */
async function reportNothing(facts: RunFacts, folder: OwnedFolder): Promise<number> {
  const text = 'nothing to judge: there are fewer claim groups than shards';
  const report = runReport(facts, [{ type: 'note', text }], undefined);
  await publishReport(folder, report);
  return exitCodeFor(report);
}

/** What keeps a run from beginning at all is reported too. */
async function reportFailure(facts: RunFacts, folder: OwnedFolder, error: unknown): Promise<number> {
  const report = runReport(facts, [], failureFrom(error, 'Start'));
  await publishReport(folder, report);
  return exitCodeFor(report);
}

interface Output {
  out: string;
  events: string;
  sabotage: string | undefined;
}

async function judge(session: Session, facts: RunFacts, output: Output): Promise<void> {
  const { plan, shard } = facts;
  const { settings, groups = [] } = plan;
  const { progress, signal } = session;
  if (shard !== undefined) progress.note(`Shard ${shardName(shard)}: ${groups.map(({ name }) => name).join(', ')}.`);
  const { supply, ...standing } = await bringUp(session, plan, facts);
  facts.lab = standing.lab;
  const coming = startAddOns(plan.needs.addOns, supply);
  for (const group of groups) {
    for (const name of group.needs.addOns) {
      const parts = coming.get(name);
      if (parts !== undefined) await install(session, facts, standing, ADD_ONS[name], parts);
      coming.delete(name); // it stays
    }
    await progress.phase(`Judge ${group.name}`, async (say) => {
      const stopWatching = sayVerdicts(output.events, group, say);
      try {
        const outcome = await runGroup(
          group,
          {
            lab: join(workFolder(session.id), 'lab.json'),
            ...output,
            deadlineScale: settings.deadlines.scale,
          },
          signal,
        );
        assertVerdicts(output.events, group, outcome);
      } finally {
        stopWatching();
      }
    });
  }
}

/** What only a later group needs is made while the earlier ones are judged. */
function startAddOns(names: readonly AddOnName[], supply: Supply): Map<AddOnName, Promise<AddOnParts>> {
  const coming = new Map(names.map((name) => [name, supply.addOn(name)]));
  for (const parts of coming.values()) parts.catch(() => undefined); // its failure is the group's that needs it
  return coming;
}

async function install(
  session: Session,
  facts: RunFacts,
  standing: StandingLab,
  addOn: AddOn,
  coming: Promise<AddOnParts>,
): Promise<void> {
  await session.progress.phase(`Install ${addOn.name}`, async (say) => {
    say('waiting for its images');
    const parts = await coming;
    facts.components.push(...parts.components);
    say('waiting for it to be ready');
    await installAddOn(standing, addOn, parts, session.signal);
  });
}

/** Vitest must agree with the verdicts: an error outside of every claim would otherwise be nobody's. */
function assertVerdicts(events: string, group: ClaimGroup, { exitCode, printed }: GroupOutcome): void {
  const verdicts = new Map(
    readEvents(events).flatMap((event) => (event.type === 'claim' ? [[event.id, event.status] as const] : [])),
  );
  const statuses = group.claims.map(({ id }) => verdicts.get(id));
  const silent = statuses.filter((status) => status === undefined).length;
  if (silent === 0 && (exitCode === 0) === !statuses.includes('failed')) return;
  const what = silent === 0 ? `exit code ${exitCode}` : `no verdict on ${silent} claims`;
  throw new Error(`${group.name} ended with ${what}:\n${lastLines(printed, 30).join('\n')}`);
}

function sayVerdicts(events: string, group: ClaimGroup, say: (text: string) => void): () => void {
  const timer = setInterval(() => {
    const ids = new Set(group.claims.map(({ id }) => id));
    const verdicts = readEvents(events).filter((event) => event.type === 'claim' && ids.has(event.id));
    const last = verdicts.at(-1);
    if (last?.type === 'claim') say(`${verdicts.length} of ${ids.size}: ${last.id} ${last.status}`);
  }, deadline('refresh'));
  return () => clearInterval(timer);
}

const hasFailedClaim = (events: string) =>
  readEvents(events).some((event) => event.type === 'claim' && event.status === 'failed');

const leaving = ({ isKept }: Session) => (isKept ? 'Leave the lab up' : 'Remove the lab');

/** Logs of planes and proxies beside the evidence; an interrupted user does not wait for them. */
async function keepLogs(
  { distribution }: Plan,
  runId: string,
  recorder: EvidenceRecorder,
  signal: AbortSignal,
): Promise<void> {
  const access = readAccess(runId);
  if (signal.aborted || access === undefined) return;
  try {
    for (const { file, text } of await collectLogs(connect(access), runId, distribution))
      await recorder.write('lab', file, text);
  } catch (error) {
    await recorder.write('lab', 'no-logs.txt', apiMessage(error));
  }
}

/** Removes the lab from a cluster that was there before it; returns how the cluster is left, a sentence each. */
async function leave(session: Session, recorder: EvidenceRecorder): Promise<string[]> {
  const leaving = await session.leave();
  if (leaving === undefined) return [];
  await recorder.write('lab', 'cluster-before-and-after', leaving);
  return [sentenceFor(leaving), ...leaving.kept];
}

function sentenceFor({ before, after, added, gone, changed, givenBack, unread }: Removal): string {
  const objects = `${before} objects before, ${after} after`;
  const marked = (mark: string, names: readonly string[]) => names.map((name) => `${mark} ${name}`);
  const differences = [...marked('+', added), ...marked('-', gone), ...marked('~', changed)];
  const lent = [
    ...(givenBack.length === 0 ? [] : [`changed meanwhile and given back: ${givenBack.join(', ')}`]),
    ...(unread.length === 0 ? [] : [`not compared: ${unread.join(', ')}`]),
  ]
    .map((text) => `; ${text}`)
    .join('');
  if (differences.length === 0) return `the cluster is as it was found: ${objects}${lent}`;
  return `the cluster is not quite as it was found: ${objects}; ${differences.join(', ')}${lent}`;
}

/** What was aborted fails in all sorts of ways; the reason for the abort is the one that counts. */
const runFailure = (error: unknown, session: Session): RunFailure =>
  cleaningFailure(session.signal.aborted ? session.signal.reason : error, session);

/** What goes wrong on the way out goes wrong by itself, whatever has ended the run. */
const cleaningFailure = (error: unknown, { progress }: Session): RunFailure =>
  failureFrom(error, progress.phases.findLast(({ outcome }) => outcome === 'failed')?.name ?? 'Start');

function failureFrom(reason: unknown, phase: string): RunFailure {
  if (reason instanceof Failure) return { phase, kind: reason.kind, message: reason.message };
  const message = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  return { phase, kind: 'bug', message: `A bug of meshtrust's own: ${message}` };
}

function keptHint(runId: string): string {
  const { kubeconfig, context } = readAccess(runId) ?? {};
  const where = kubeconfig === undefined ? `context ${context ?? ''}` : `KUBECONFIG=${kubeconfig}`;
  return `The lab is up: ${where}\nRemove it with: npm run meshtrust -- down ${runId}`;
}
