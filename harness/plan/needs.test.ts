import { expect, it } from 'vitest';
import { loadProfile } from './catalog.ts';
import { DEFAULTS } from './config/settings.ts';
import { planOf } from './plan.ts';

const SETTINGS = { ...DEFAULTS, supply: 'source' as const };
const planFor = async (agents: number, asked = 0) => {
  const groups = loadProfile('trust').map((group) => ({ ...group, needs: { ...group.needs, agents } }));
  return await planOf({ ...SETTINGS, k3d: { agents: asked } }, { groups });
};

it('gives a lab the nodes that its claims need, and more where more are asked for', async () => {
  expect((await planFor(2)).settings.k3d.agents).toBe(2);
  expect((await planFor(2, 3)).settings.k3d.agents).toBe(3);
  expect((await planFor(0)).settings.k3d.agents).toBe(0);
});

it('plans every add-on for a lab to look around in, and no older version', async () => {
  expect((await planOf(SETTINGS)).needs).toEqual({ addOns: ['cert-manager'], olderVersion: false, agents: 0 });
});
