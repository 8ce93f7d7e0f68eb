import { mkdtempDisposableSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deadline } from '../common/deadlines.ts';
import { Session } from '../run/session.ts';
import { workFolder } from '../cluster/state/runs.ts';
import { IMAGE_HUB } from './hub.ts';
import { type ImageStore, pushArchives } from './push.ts';
import { docker, imagesLike, writeArchive } from './testing/images.ts';
import { type StartedRegistry, startRegistry } from './testing/registry.ts';

const PILOT = `${IMAGE_HUB}/push-test-pilot:1`;
const PROXY = `${IMAGE_HUB}/push-test-proxyv2:1`;

const resources = new AsyncDisposableStack();
let session: Session;
let registry: StartedRegistry;
/** Folder for archives, and the first of them. */
let folder: string;
let archive: string;

// The registry's program is compiled the first time.
beforeAll(async () => {
  session = resources.use(new Session());
  await session.engine();
  registry = resources.use(await startRegistry(session.id, session.signal));
  folder = resources.use(mkdtempDisposableSync(join(tmpdir(), 'meshtrust-push-'))).path;
  archive = archiveOf('first');
}, deadline('claimGroup'));
afterAll(() => resources.disposeAsync(), deadline('claimGroup'));

function archiveOf(content: string): string {
  const file = join(folder, `${content}.tar`);
  writeArchive(file, [PILOT, PROXY], content);
  return file;
}

const push = async (store: ImageStore, from = archive) => {
  const said: string[] = [];
  const names = await pushArchives([from], store, (text) => said.push(text), session.signal);
  return { said, names: Object.fromEntries(names) };
};

const pilotIn = ({ push: prefix }: ImageStore) => `${prefix}/push-test-pilot:1`;

it('pushes the images of an archive, and says by what names nodes pull them', async () => {
  const store = registry.store('new');
  expect(await push(store)).toEqual({
    said: ['0 of 2 (push-test-pilot:1)', '1 of 2 (push-test-proxyv2:1)'],
    names: {
      [PILOT]: 'registry.vendor.test/new/push-test-pilot:1',
      [PROXY]: 'registry.vendor.test/new/push-test-proxyv2:1',
    },
  });
});

it('pushes nothing that the registry has', async () => {
  const store = registry.store('twice');
  const first = await push(store);
  expect(await push(store)).toEqual({ ...first, said: [] });
});

it('pushes what has other contents under the same name', async () => {
  const store = registry.store('moved');
  await push(store);
  const other = archiveOf('second');
  expect((await push(store, other)).said).toHaveLength(2);
  expect((await push(store, other)).said).toEqual([]);
  expect((await push(store)).said).toHaveLength(2);
});

it('leaves no tag behind, and no credentials', async () => {
  await push(registry.store('traceless'));
  expect(imagesLike('push-test')).toEqual([]);
  expect(readdirSync(workFolder(session.id)).filter((name) => name.startsWith('login'))).toEqual([]);
});

it("leaves the user's own tags where they were", async () => {
  docker('load', '--input', archive);
  docker('tag', PROXY, PILOT); // another image than the archive has under this name
  const ids = () => docker('image', 'inspect', '--format', '{{.Id}}', PILOT, PROXY);
  const before = ids();
  const store = registry.store('tags');
  const { said } = await push(store);
  expect(said).toHaveLength(2);
  expect(ids()).toBe(before);
  expect(imagesLike(store.push)).toEqual([]);
  docker('image', 'rm', PILOT, PROXY);
});

it('says whose credentials are refused, and what they are to nobody', async () => {
  const config = join(folder, 'wrong.json');
  const auth = Buffer.from('vendor:wrong-password').toString('base64');
  writeFileSync(config, JSON.stringify({ auths: { [registry.host]: { auth } } }), { mode: 0o600 });
  const store = { ...registry.store('refused'), config };
  const error = await push(store).then(() => undefined, String);
  expect(error).toContain(`Image ${pilotIn(store)} could not be pushed: the registry refuses access.`);
  expect(error).toContain(`See that the credentials in ${config} belong to a user who may push there.`);
  for (const secret of [auth, 'wrong-password']) expect(error).not.toContain(secret);
  expect(imagesLike('push-test')).toEqual([]);
});

it('says when nobody answers', async () => {
  const store = { push: '127.0.0.1:1/vendor', pull: 'registry.vendor.test/vendor' };
  await expect(push(store)).rejects.toMatchObject({
    kind: 'environment',
    reason: `Image ${pilotIn(store)} could not be pushed: the registry cannot be reached.`,
  });
  expect(imagesLike('push-test')).toEqual([]);
});

it('stops when it is told to, and leaves no tag then either', async () => {
  const stop = new AbortController();
  const store = registry.store('stopped');
  const pushing = pushArchives([archive], store, () => stop.abort(new Error('enough')), stop.signal);
  await expect(pushing).rejects.toThrow('enough');
  expect(imagesLike('push-test')).toEqual([]);
});
