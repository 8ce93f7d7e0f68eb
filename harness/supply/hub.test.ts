import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fixture } from '../common/paths.ts';
import { IMAGE_HUB, PAUSE_IMAGE } from './hub.ts';
import { registryOf } from './registry-login.ts';

it('is a registry that no name server knows, and no account of another one', () => {
  expect(registryOf(`${IMAGE_HUB}/pilot:1`)).toBe(IMAGE_HUB);
  expect(IMAGE_HUB).toMatch(/^[a-z]+\.invalid$/);
});

it('is where a node looks for the image beneath its pods', () => {
  const config = readFileSync(fixture('parts', 'images', 'node', 'config.toml'), 'utf8');
  expect(/sandbox_image = "(.*)"/.exec(config)?.[1]).toBe(PAUSE_IMAGE);
});

/** An image by which anything would ask Docker Hub for what is built here. */
const ON_DOCKER_HUB = /(image: *["']?|=|["'`/])(docker\.io\/)?meshtrust\/[a-z0-9-]+:/;

it.each(['fixtures', 'harness/supply/source'])('is how everything in %s calls them', (folder) => {
  const home = folder === 'fixtures' ? fixture() : join(import.meta.dirname, 'source');
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.parentPath.startsWith(fixture('recorded')),
  );
  expect(files.length).toBeGreaterThan(5);
  const asking = files.filter((entry) => ON_DOCKER_HUB.test(readFileSync(join(entry.parentPath, entry.name), 'utf8')));
  expect(asking.map(({ name }) => name)).toEqual([]);
});

it.each([
  ['sandbox_image = "docker.io/meshtrust/pause:local"', true],
  ['        image: meshtrust/pilot:1', true],
  ["'meshtrust/pause:local'", true],
  [`image: ${IMAGE_HUB}/pilot:1`, false],
  ['mountPath: /etc/meshtrust/settings', false],
])('knows such a name: %s', (line, asks) => {
  expect(ON_DOCKER_HUB.test(line)).toBe(asks);
});
