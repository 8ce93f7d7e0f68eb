import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { profileNames } from '../catalog.ts';
import { fixture } from '../../common/paths.ts';
import { loadSettings } from './load.ts';

it.each(readdirSync(fixture('examples')))('fixtures/examples/%s is valid', (name) => {
  const settings = loadSettings(fixture('examples', name), {});
  expect(profileNames()).toContain(settings.profile);
});
