import type { ClaimResult, ConformanceReport, RemedyResult, UpgradeResult } from '../model.ts';
import type { Change } from './model.ts';
import { exceeds, NOISE } from './noise.ts';

type Run = Pick<ConformanceReport, 'claims' | 'remedies' | 'upgrades'>;

/**
 * Claims, remedies and upgrades that became slower, in seconds, and those that lose more requests, beyond {@link NOISE}.
 * The time of a claim that did not pass in both runs says nothing. What was not measured in both is not compared.
 */
export function compareCost(old: Run, now: Run): Change[] {
  const passed = ({ claims }: Run) => claims.filter(({ status }) => status === 'passed');
  const claims = pairs(passed(old), passed(now), ({ id }: ClaimResult) => id);
  const remedies = pairs(
    old.remedies,
    now.remedies,
    ({ remedy, baseline }: RemedyResult) => `${remedy} from ${baseline}`,
  );
  const upgrades = pairs(old.upgrades ?? [], now.upgrades ?? [], ({ upgrade }: UpgradeResult) => `upgrade ${upgrade}`);
  return [
    ...claims.flatMap(([name, was, is]) => slower(name, was.durationMs / 1000, is.durationMs / 1000)),
    ...remedies.flatMap(([name, was, is]) => [
      ...slower(`${name}, applied`, was.applySeconds, is.applySeconds),
      ...slower(`${name}, converged`, was.convergeSeconds, is.convergeSeconds),
      ...moreLost(name, was.requestsLost, is.requestsLost),
    ]),
    ...upgrades.flatMap(([name, was, is]) => [
      ...slower(name, was.seconds, is.seconds),
      ...moreLost(name, was.requestsLost, is.requestsLost),
    ]),
  ];
}

function slower(what: string, old: number, now: number): Change[] {
  return exceeds(old, now, NOISE.seconds) ? [{ kind: 'slower', what, old, new: now }] : [];
}

function moreLost(what: string, old: number | undefined, now: number | undefined): Change[] {
  if (old === undefined || now === undefined) return [];
  const more = old === 0 ? now > 0 : exceeds(old, now, NOISE.requests);
  return more ? [{ kind: 'moreLost', what, old, new: now }] : [];
}

/** Those that both runs have, by name. */
function pairs<T>(old: readonly T[], now: readonly T[], nameOf: (one: T) => string): [string, T, T][] {
  const before = new Map(old.map((one) => [nameOf(one), one]));
  return now.flatMap((is): [string, T, T][] => {
    const was = before.get(nameOf(is));
    return was === undefined ? [] : [[nameOf(is), was, is]];
  });
}
