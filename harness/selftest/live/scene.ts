import type { KubernetesObject } from '@kubernetes/client-node';
import { apply, remove } from '../../cluster/ownership/objects.ts';
import type { Lab } from '../../lab/mesh/lab.ts';
import type { KeepSecret } from '../../lab/remedies/remedy.ts';
import { eventually } from '../../common/retry.ts';

/** A joined lab, about to be broken. */
export interface Scene {
  lab: Lab;
  /** Takes what leads back to the joined lab, step by step; the last is done first. */
  undo: AsyncDisposableStack;
  keepSecret: KeepSecret;
}

/** A way to break one thing in a lab whose planes have one root: by the manual remedy, or as the group's claims have it. */
export interface LiveSabotage {
  /** The claims that are judged then. */
  group: 'trust/manual' | 'trust/bad-authority' | 'trust/revocation';
  name: string;
  /** What it breaks: the beginning of a sentence's middle, «the gateway …». */
  breaks: string;
  /** Ids of the claims that must go red, and no other. */
  red: readonly string[];
  /** It gives the planes different roots, which a ConfigMap that both write would never come to rest from. */
  needsSeparateMaps?: true;
  /** Breaks it and waits until the lab shows that it is broken. */
  commit: (scene: Scene) => Promise<void>;
}

/** Claims about the manual remedy. */
export const manual = (...names: string[]) => below('trust/manual', names);
export const badAuthority = (...names: string[]) => below('trust/bad-authority', names);
export const revocation = (...names: string[]) => below('trust/revocation', names);

const below = <Group extends LiveSabotage['group']>(group: Group, names: readonly string[]) => ({
  group,
  red: names.map((name) => `${group.replace('/', '.')}.${name}`),
});

/** By what one sees a change. */
export interface Sign {
  /** As the end of «timed out waiting for …». */
  sign: string;
  /** Whether the lab shows it; a failure to look counts as neither. */
  shows: () => Promise<boolean>;
}

export interface Change extends Sign {
  act: () => Promise<unknown>;
  undo: () => Promise<unknown>;
}

/** Makes a change and waits for its sign; undone, it waits until that has gone. */
export async function change({ undo }: Scene, { act, undo: actBack, sign, shows }: Change): Promise<void> {
  undo.defer(() => until({ sign: `the end of: ${sign}`, shows: async () => !(await shows()) }));
  undo.defer(async () => {
    await actBack();
  });
  await act();
  await until({ sign, shows });
}

/** The change that an object makes which was not there before. */
export async function put(scene: Scene, object: KubernetesObject, effect: Sign): Promise<void> {
  const act = () => apply(scene.lab, [object]);
  await change(scene, { act, undo: () => remove(scene.lab, [object]), ...effect });
}

/** Waits for a sign, several times in a row. */
export async function until({ sign, shows }: Sign): Promise<void> {
  const attempt = async () => {
    if (!(await shows())) throw new Error('not yet');
  };
  await eventually(attempt, { waitingFor: sign, within: 'converge', inARow: 3 });
}
