import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { connect, readAccess } from '../cluster/access.ts';
import { type ClaimGroup, isUpgrade, selectClaims } from '../claims/catalog.ts';
import { type GroupOutcome, runGroup } from '../claims/run-group.ts';
import { shardOf } from '../claims/shard.ts';
import { distributionOf, type Settings } from '../config/settings.ts';
import { deadline, scaleDeadlines } from '../deadlines.ts';
import { Failure, lastLines, messageOf, usageFailure } from '../errors.ts';
import { EvidenceRecorder } from '../evidence/recorder.ts';
import { Redactor } from '../evidence/redact.ts';
import { removeLeaks } from '../evidence/sweep.ts';
import { installCertManager, type StandingLab } from '../mesh/bring-up.ts';
import { collectLogs } from '../mesh/logs.ts';
import { readPrivateKeys } from '../mesh/private-keys.ts';
import { appendEvent, readEvents } from '../report/events.ts';
import type { RunFailure } from '../report/model.ts';
import { type Shard, shardName } from '../report/shard.ts';
import { exitCodeFor } from '../report/verdict.ts';
import { sabotageNames } from '../selftest/sabotages.ts';
import { newRunId, Session } from '../session.ts';
import { keysFile, workFolder } from '../state/runs.ts';
import type { CertManagerParts, Supply } from '../supply/supply.ts';
import { assertSettings } from './check.ts';
import { assembleReport, type RunFacts } from './assemble.ts';
import { giveBackPlanes } from './give-back.ts';
import { bringUp } from './lab.ts';
import { leaveExisting } from './leave.ts';
import { pullSecretsOf } from './pulling.ts';
import { prepareOutput, publishReport } from './output.ts';

/** What only the command line says of a run. */
export interface RunOptions {
  /** The part of the claims that is judged here; undefined for all. */
  shard: Shard | undefined;
  sabotage: string | undefined;
}

/** `meshtrust run`: from an empty machine to a verdict. Returns the exit code. */
export async function runCommand(settings: Settings, { shard, sabotage }: RunOptions): Promise<number> {
  scaleDeadlines(settings.deadlines.scale);
  const groups = plan(settings, { shard, sabotage });
  const id = newRunId();
  const out = resolve(settings.out ?? join('reports', id));
  prepareOutput(out);
  const start = { settings, runId: id, started: new Date(), shard, groups, components: [] };
  if (groups.length === 0) return await reportNothing({ ...start, phases: [] }, out);
  const session = new Session(id);
  const { phases } = session.progress;
  const facts: RunFacts = { ...start, phases };
  const events = eventsFile(out);
  let failure: RunFailure | undefined;
  /** Runs a step; the first failure is the run's. */
  const attempt = async (step: () => Promise<unknown>) => {
    try {
      await step();
    } catch (error) {
      failure ??= runFailure(error, session);
    }
  };
  await attempt(() => judge(session, facts, { out, events, sabotage }));
  if (failure !== undefined || hasFailedClaim(events))
    await attempt(() => keepLogs(settings, { id, out }, session.signal));
  await attempt(() => sweep(settings, { id, out, events }));
  await attempt(() => {
    session.signal.throwIfAborted();
    const keep = settings.keep && failure === undefined;
    if (keep) session.keep();
    return Promise.resolve();
  });
  if (!session.isKept) {
    await attempt(() => giveBackPlanes(session, facts.lab));
    await attempt(() => leaveExisting(session, out, events));
  }
  await attempt(() => session.progress.phase(leaving(session), () => session[Symbol.asyncDispose]()));
  const report = assembleReport(facts, readEvents(events), failure);
  rmSync(events, { force: true });
  await publishReport(out, report);
  if (session.isKept) process.stdout.write(keptHint(id));
  return exitCodeFor(report);
}

/** Everything that can be wrong about a request is found here, before anything is touched. */
function plan(settings: Settings, { shard, sabotage }: RunOptions): ClaimGroup[] {
  if (sabotage !== undefined && !sabotageNames().includes(sabotage)) {
    throw usageFailure(`Unknown sabotage '${sabotage}'.`, { next: `Known are: ${sabotageNames().join(', ')}.` });
  }
  const selected = selectClaims(settings.profile, settings.distribution, settings.only);
  assertSettings(settings, { upgrade: isUpgrade(selected) });
  return shard === undefined ? selected : shardOf(selected, shard);
}

/** Where there are more shards than groups some machines have no work: they report just that, and need no lab. */
async function reportNothing(facts: RunFacts, out: string): Promise<number> {
  const text = 'nothing to judge: there are fewer claim groups than shards';
  const report = assembleReport(facts, [{ type: 'note', text }], undefined);
  await publishReport(out, report);
  return exitCodeFor(report);
}

interface Output {
  out: string;
  events: string;
  sabotage: string | undefined;
}

async function judge(session: Session, facts: RunFacts, output: Output): Promise<void> {
  const { settings, shard, groups } = facts;
  const { progress, signal } = session;
  if (shard !== undefined) progress.note(`Shard ${shardName(shard)}: ${groups.map(({ name }) => name).join(', ')}.`);
  const { supply, ...standing } = await bringUp(session, settings, { upgrade: isUpgrade(groups), known: facts });
  facts.lab = standing.lab;
  let extras = startExtras(groups, supply);
  for (const group of groups) {
    if (group.needs.includes('cert-manager') && extras !== undefined) {
      await installExtras(session, facts, standing, extras);
      extras = undefined; // they stay
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
function startExtras(groups: readonly ClaimGroup[], supply: Supply): Promise<CertManagerParts> | undefined {
  if (!groups.some(({ needs }) => needs.includes('cert-manager'))) return undefined;
  const parts = supply.certManager();
  parts.catch(() => undefined); // its failure is the group's that needs it
  return parts;
}

async function installExtras(
  session: Session,
  facts: RunFacts,
  standing: StandingLab,
  extras: Promise<CertManagerParts>,
): Promise<void> {
  await session.progress.phase('Install cert-manager', async (say) => {
    say('waiting for its images');
    const parts = await extras;
    facts.components.push(...parts.components);
    say('waiting for it to be ready');
    await installCertManager(standing, parts, session.signal);
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

const eventsFile = (out: string) => join(out, 'events.ndjson');

const hasFailedClaim = (events: string) =>
  readEvents(events).some((event) => event.type === 'claim' && event.status === 'failed');

const leaving = ({ isKept }: Session) => (isKept ? 'Leave the lab up' : 'Remove the lab');

/** The private keys that a run's workers have made. */
const madeKeys = (runId: string): string[] =>
  existsSync(keysFile(runId)) ? readFileSync(keysFile(runId), 'utf8').split(/(?<=-----END [A-Z ]+-----\n)/) : [];

/** The private keys that lie in the lab's Secrets now; none where there is no lab. */
async function labKeys(settings: Settings, runId: string): Promise<string[]> {
  const access = readAccess(runId);
  return access === undefined ? [] : await readPrivateKeys(connect(access), distributionOf(settings));
}

/** Logs of planes and proxies beside the evidence; an interrupted user does not wait for them. */
async function keepLogs(
  settings: Settings,
  { id: runId, out }: { id: string; out: string },
  signal: AbortSignal,
): Promise<void> {
  const access = readAccess(runId);
  if (signal.aborted || access === undefined) return;
  const redactor = new Redactor();
  const recorder = new EvidenceRecorder(out, redactor);
  try {
    for (const key of [...madeKeys(runId), ...(await labKeys(settings, runId))]) redactor.know(key);
    for (const { file, text } of await collectLogs(connect(access), distributionOf(settings)))
      await recorder.write('lab', file, text);
  } catch (error) {
    await recorder.write('lab', 'no-logs.txt', messageOf(error));
  }
}

/** Searches the folder for every private key of the run, while there still is a lab to ask. */
async function sweep(
  settings: Settings,
  { id: runId, out, events }: { id: string; out: string; events: string },
): Promise<void> {
  const inLab = await labKeys(settings, runId).catch((error: unknown) => {
    const text = `the report was searched for private keys without those of the lab, which could not be read: ${messageOf(error)}`;
    appendEvent(events, { type: 'note', text });
    return [];
  });
  const leaking = removeLeaks(out, [...madeKeys(runId), ...inLab, ...pullSecretsOf(settings)]);
  if (leaking.length > 0) throw new Error(`private keys were found in ${leaking.join(', ')}; the files were deleted`);
}

function runFailure(error: unknown, session: Session): RunFailure {
  const phase = session.progress.phases.findLast(({ outcome }) => outcome === 'failed')?.name ?? 'Start';
  // What was aborted fails in all sorts of ways; the reason for the abort is the one that counts.
  const reason: unknown = session.signal.aborted ? session.signal.reason : error;
  if (reason instanceof Failure) return { phase, kind: reason.kind, message: reason.message };
  const message = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  return { phase, kind: 'bug', message: `A bug of meshtrust's own: ${message}` };
}

function keptHint(runId: string): string {
  const { kubeconfig, context } = readAccess(runId) ?? {};
  const where = kubeconfig === undefined ? `context ${context ?? ''}` : `KUBECONFIG=${kubeconfig}`;
  return `The lab is up: ${where}\nRemove it with: npm run meshtrust -- down ${runId}\n`;
}
