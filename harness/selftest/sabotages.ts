import { usageFailure } from '../common/errors.ts';
import { AUTHORITIES } from './live/authorities.ts';
import { ROOT_MAPS } from './live/root-maps.ts';
import { BAD_AUTHORITIES } from './live/bad-authorities.ts';
import { REVOCATIONS } from './live/revocation.ts';
import { type LiveSabotage, manual, type Scene } from './live/scene.ts';
import { UNAUTHORIZED_CLIENTS } from './live/unauthorized-clients.ts';
import { TRAFFIC } from './live/traffic.ts';
import { WORKLOADS } from './live/workloads.ts';

/**
 * Ways to break a lab whose planes have one root, one thing at a time: a suite that stays green under any of them, or
 * goes red where nothing is wrong, proves nothing. The first is the control.
 */
export const LIVE: readonly LiveSabotage[] = [
  { name: 'nothing', breaks: 'nothing: the control', ...manual(), commit: () => Promise.resolve() },
  ...AUTHORITIES,
  ...UNAUTHORIZED_CLIENTS,
  ...TRAFFIC,
  ...WORKLOADS,
  ...ROOT_MAPS,
  ...BAD_AUTHORITIES,
  ...REVOCATIONS,
];

export const sabotageNames = () => LIVE.map(({ name }) => name);

export type SabotagedGroup = LiveSabotage['group'];

/** Breaks the lab, if that is meant for claims of this group; `scene.undo` leads back, whether this ends well or not. */
export async function sabotage(name: string, group: SabotagedGroup, scene: Scene): Promise<void> {
  const found = LIVE.find((candidate) => candidate.name === name);
  if (found === undefined) {
    throw usageFailure(`Unknown sabotage '${name}'.`, { next: `Known are: ${sabotageNames().join(', ')}.` });
  }
  if (found.group === group) await found.commit(scene);
}
