import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { EXIT } from '../../common/errors.ts';
import type { PlaneName } from '../../observations/planes.ts';
import { ROOT } from '../../common/paths.ts';
import { tryRun } from '../../common/process.ts';
import { eventually } from '../../common/retry.ts';
import { Session } from '../../run/session.ts';
import { scratchFolder } from '../../cluster/state/runs.ts';
import { chooseSupply } from '../../supply/choose.ts';
import { openSupply } from '../../supply/open.ts';
import { pushArchives } from '../../supply/push.ts';
import type { Component, SuppliedIstio, SupplyKind } from '../../supply/supply.ts';
import { type CommandLines, watchCommandLines } from '../../supply/testing/command-lines.ts';
import { type StartedRegistry, startRegistry } from '../../supply/testing/registry.ts';
import { BROKEN_BUILDS, type BrokenBuild, vendorBuild } from '../../supply/testing/vendor.ts';
import { VERSIONS } from '../../supply/versions.ts';
import type { VendorPlane } from './installers/installer.ts';

/** A vendor's builds by their tags; all are in one registry that wants a password. */
const BUILDS: Record<string, BrokenBuild | undefined> = {
  '3.2.0': undefined,
  '3.2.1': BROKEN_BUILDS.pilotFallsBack,
  '3.2.2': BROKEN_BUILDS.proxyOwnRoot,
};
const SOUND = '3.2.0';

/** A word that is put into a command line on purpose: whoever looks out for the password must see that too. */
const PLANTED = 'planted-for-the-look-out';
const WRONG_PASSWORD = randomBytes(24).toString('base64url');

const resources = new AsyncDisposableStack();
let session: Session;
let registry: StartedRegistry;
let kind: SupplyKind;
let upstream: SuppliedIstio;
let commandLines: CommandLines;
/** Folder for settings and reports. */
let folder: string;
/** Everything that users have seen of the runs so far: folders of reports, and what was printed. */
const shown: { out: string; output: string }[] = [];

// Parts that are not in the cache are built first.
beforeAll(async () => {
  session = resources.use(new Session());
  await session.engine();
  folder = scratchFolder('vendor-runs');
  registry = resources.use(await startRegistry(session.id, session.signal));
  commandLines = resources.use(watchCommandLines([PLANTED, ...secrets()]));
  ({ kind } = await chooseSupply('auto'));
  const supply = openSupply(kind, [VERSIONS.istio], { pullsItself: false }, session.progress, session.signal);
  upstream = await supply.istio(VERSIONS.istio);
  for (const [tag, broken] of Object.entries(BUILDS)) {
    const { archive } = await vendorBuild(upstream, tag, broken, session.signal);
    await pushArchives([archive], registry.store('mesh'), () => undefined, session.signal);
  }
});
afterAll(() => resources.disposeAsync());

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** What of the credentials must be told to nobody. */
const secrets = () => [
  ...[registry.password, base64(`${registry.username}:${registry.password}`)],
  ...[WRONG_PASSWORD, base64(`${registry.username}:${WRONG_PASSWORD}`)],
];

type Credentials = Pick<VendorPlane, 'pullSecret'>;

/** A plane of the vendor's images; what the supply's images need of values, these need as well. */
const plane = (tag: string, credentials: Credentials = { pullSecret: registry.config }): VendorPlane => ({
  ...{ hub: registry.store('mesh').pull, tag, values: upstream.overlay },
  ...credentials,
});

/** Credentials with another password than the registry's. */
function login(password: string): Credentials {
  const pullSecret = join(folder, 'wrong.json');
  const [name = ''] = registry.store('mesh').pull.split('/');
  const auth = base64(`${registry.username}:${password}`);
  writeFileSync(pullSecret, JSON.stringify({ auths: { [name]: { auth } } }), { mode: 0o600 });
  return { pullSecret };
}

/** What of a report is looked at here: mesh/ is below report/. */
interface Report {
  implementation: { components: Component[] };
  claims: { id: string; status: string }[];
  failure?: { phase: string; kind: string; message: string };
}

/** Runs the product as its users do, in a process of its own with a settings file. */
async function meshtrust(planes: Record<PlaneName, VendorPlane>, only: readonly string[]) {
  const home = join(folder, `run-${shown.length + 1}`);
  const [config, out] = [join(home, 'vendor.yaml'), join(home, 'report')];
  mkdirSync(home);
  writeFileSync(config, stringify({ planes, k3d: { registries: registry.registries } }));
  const words = ['run', '--config', config, ...only.flatMap((glob) => ['--only', glob])];
  const command = [process.execPath, join(ROOT, 'harness', 'cli', 'main.ts'), ...words, '--supply', kind, '--out', out];
  const { exitCode, stdout, stderr } = await tryRun(command, { cwd: home, signal: session.signal });
  const output = stdout + stderr;
  const file = join(out, 'conformance.yaml');
  if (!existsSync(file)) throw new Error(`there is no report: ${output}`);
  shown.push({ out, output });
  return { exitCode, output, report: parse(readFileSync(file, 'utf8')) as Report };
}

const idsOf = ({ claims }: Report, status: string) =>
  claims.filter((claim) => claim.status === status).map(({ id }) => id);

it.each([
  ['without credentials', undefined],
  ['with a wrong password', WRONG_PASSWORD],
])('ends at once where the registry refuses images: %s', async (_, password) => {
  const refused = plane(SOUND, password === undefined ? {} : login(password));
  const { exitCode, output, report } = await meshtrust({ mesh: refused, gateway: refused }, ['trust.split.*']);
  expect(exitCode, output).toBe(EXIT.lab);
  expect(report.failure).toMatchObject({ phase: 'Install the mesh plane and Bookinfo', kind: 'lab' });
  expect(report.failure?.message).toMatch(
    /^Image registry\.vendor\.test\/mesh\/pilot:3\.2\.0 cannot be pulled: the registry refuses access\.\nName credentials .*planes\.X\.pullSecret.*\n {2}\| istio-system\/istiod-\S+ discovery: (ErrImagePull|ImagePullBackOff): .*(401 Unauthorized|no basic auth credentials)/s,
  );
});

it.each([
  ['an istiod that falls back to a CA of its own', '3.2.1', ['trust.manual.*', 'trust.bad-authority.incomplete']],
  ['a proxy without the root of its CA', '3.2.2', ['trust.split.*', 'trust.manual.*']],
])('notices %s, and nothing else', async (_, tag, only) => {
  const { exitCode, output, report } = await meshtrust({ mesh: plane(SOUND), gateway: plane(tag) }, only);
  const noticed = idsOf(report, 'failed');
  expect(noticed.toSorted(), output).toEqual([...(BUILDS[tag]?.noticedBy ?? [])].toSorted());
  expect(idsOf(report, 'passed')).toHaveLength(report.claims.length - noticed.length);
  expect(exitCode).toBe(EXIT.claimFailed);
  const images = report.implementation.components.map(({ image }) => image);
  for (const name of [`pilot:${SOUND}`, `proxyv2:${SOUND}`, `pilot:${tag}`, `proxyv2:${tag}`]) {
    expect(images).toContain(`registry.vendor.test/mesh/${name}`);
  }
});

it('has told nobody the credentials', async () => {
  const places = shown.flatMap(({ out, output }) => [
    { where: `what the run of ${out} printed`, text: output },
    ...filesOf(out).map((where) => ({ where, text: readFileSync(where, 'latin1') })),
  ]);
  expect(places.length).toBeGreaterThan(shown.length);
  const telling = places.filter(({ text }) => secrets().some((secret) => text.includes(secret)));
  expect(telling.map(({ where }) => where)).toEqual([]);

  // No false comfort: it does see a word that is in a command line.
  const planted = spawn(process.execPath, ['--eval', 'process.stdin.resume()', PLANTED], { stdio: 'pipe' });
  await eventually(
    () => (commandLines.seen.size > 0 ? Promise.resolve() : Promise.reject(new Error('nothing was seen'))),
    { waitingFor: 'the planted word to be seen', within: 'converge' },
  ).finally(() => planted.kill());
  const others = [...commandLines.seen].filter((line) => !line.includes(PLANTED));
  expect(others.map((line) => line.slice(0, line.indexOf(' ')))).toEqual([]);
});

const filesOf = (out: string) =>
  readdirSync(out, { recursive: true })
    .map((file) => join(out, String(file)))
    .filter((file) => statSync(file).isFile());
