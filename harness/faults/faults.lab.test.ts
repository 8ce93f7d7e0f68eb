import { afterAll, beforeAll, expect, it } from 'vitest';
import { Session } from '../session.ts';
import { isSame } from './listing.ts';
import { openStage } from './stage.ts';
import { plansFor, type Stage, tryFault } from './trial.ts';

const SEED = 11;
/** The short form: `npm run faults` is the long one. */
const RUNS = 8;
/** The policy of others is changed and given back; with a remedy, as in the long form, each run takes twice as long. */
const ONLY = ['trust.not-remedies.permissive'];
/** About as many calls as such a run makes. */
const CALLS = 600;

const resources = new AsyncDisposableStack();
let stage: Stage;

beforeAll(async () => {
  const session = resources.use(new Session());
  const { world, ...rest } = await openStage('their-planes', session);
  stage = { ...rest, world: { ...world, only: ONLY } };
});
afterAll(() => resources.disposeAsync());

it.each(plansFor(RUNS, CALLS, SEED))('$fault at call $at leaves somebody’s world as it was', async (plan) => {
  const trial = await tryFault(stage, plan);
  expect(isSame(trial), JSON.stringify(trial, undefined, 2)).toBe(true);
  expect(trial.down, trial.said).toBe(0);
});
