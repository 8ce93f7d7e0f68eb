import type { Change, ChangeKind } from './model.ts';

export const ABSENT = 'absent';

/** A change for every name whose value differs, or that only one of the two has; the old one's order first. */
export function compareFacts(
  kind: ChangeKind,
  old: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): Change[] {
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((what) => {
    const [was, is] = [old.get(what) ?? ABSENT, now.get(what) ?? ABSENT];
    return was === is ? [] : [{ kind, what, old: was, new: is }];
  });
}
