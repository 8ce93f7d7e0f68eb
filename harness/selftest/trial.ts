/** What one sabotage was to do and what it did. */
export interface Trial {
  name: string;
  /** Ids of the claims that were to go red. */
  expected: readonly string[];
  /** Those that did, each with what it said. */
  got: ReadonlyMap<string, readonly string[]>;
  /** Why there is nothing to compare, or what went wrong beside the claims. */
  trouble?: string;
}

/** Claims that should have gone red and did not, and the other way round. */
export function differences({ expected, got }: Trial): { unnoticed: string[]; falseAlarms: string[] } {
  return {
    unnoticed: expected.filter((id) => !got.has(id)),
    falseAlarms: [...got.keys()].filter((id) => !expected.includes(id)),
  };
}

/** Has the sabotage turned red exactly what it was to? */
export function isAsExpected(trial: Trial): boolean {
  const { unnoticed, falseAlarms } = differences(trial);
  return trial.trouble === undefined && unnoticed.length === 0 && falseAlarms.length === 0;
}
