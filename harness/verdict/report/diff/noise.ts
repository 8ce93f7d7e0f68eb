/** What two runs of the same may differ by on one machine; both the factor and the difference must be exceeded. */
export const NOISE = { factor: 2, seconds: 5, requests: 20 } as const;

/** {@link NOISE} in words, for `--help`. */
export const NOISE_RULE = `
Slower is a claim that passed in both runs, a remedy (to apply or to converge) or an upgrade that takes more than ${NOISE.factor} times as
long and over ${NOISE.seconds} s longer. Requests lost are more if there were none, or if they are more than ${NOISE.factor} times as many
and over ${NOISE.requests} more. Phases are not compared: their time hangs on what was cached.`.trim();

/** Whether the new amount is more than the old one beyond noise. */
export const exceeds = (old: number, now: number, by: number): boolean => now > old * NOISE.factor && now > old + by;
