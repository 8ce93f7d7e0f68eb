import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentFailure } from '../../common/errors.ts';
import { cacheFolder, fixture } from '../../common/paths.ts';
import { run, tryRun } from '../../common/process.ts';
import { scratchFolder } from '../../cluster/state/runs.ts';
import { cached, inputsDigest, folderInputs } from '../cache.ts';

/** One module below fixtures/parts: its go.mod and go.sum pin everything that goes in. */
export interface GoPart {
  name: string;
  /** Package paths, as `go build` takes them; each becomes a program named after its last element. */
  packages: readonly string[];
  /** Linker settings, `importpath.name` → value. */
  variables?: Record<string, string>;
  /** Runs at low priority, beside something that matters more. */
  background?: boolean;
}

export const goPartDigest = (part: GoPart) =>
  inputsDigest(
    ...folderInputs(fixture('parts', part.name)),
    JSON.stringify(part.packages),
    JSON.stringify(part.variables ?? {}),
  );

/** Builds a part's programs and returns the folder they are in. Interrupted, it goes on where Go's build cache ended. */
export async function buildGoPart(part: GoPart, say: (text: string) => void, signal: AbortSignal): Promise<string> {
  return await cached(part.name, goPartDigest(part), async (folder) => {
    await assertGo();
    const cwd = fixture('parts', part.name);
    const env = await goEnvironment();
    const nice = part.background === true ? ['nice', '-n', '15'] : [];
    say('reading the module graph');
    const listed = await run([...nice, 'go', 'list', '-deps', ...part.packages], { cwd, env, signal });
    const total = listed.trim().split('\n').length;
    let compiled = 0;
    const settings = Object.entries(part.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`);
    await run(
      // -v prints each package as it is compiled: cached ones stay silent, so the count is of what was left to do.
      [
        ...nice,
        'go',
        'build',
        '-v',
        '-trimpath',
        `-ldflags=${['-s -w', ...settings].join(' ')}`,
        '-o',
        `${folder}/`,
      ].concat(part.packages),
      {
        cwd,
        env,
        signal,
        onLine: (line) => {
          if (!line.includes(' ')) say(`${++compiled} of at most ${total} packages compiled`);
        },
        next: 'Run the command again: what is compiled is kept. If a module cannot be had, check GOPROXY (go env GOPROXY).',
      },
    );
  });
}

/** Folder of a module's source in the module cache. */
export async function moduleFolder(part: string, module: string, signal: AbortSignal): Promise<string> {
  const answer = await run(['go', 'mod', 'download', '-json', module], {
    cwd: fixture('parts', part),
    env: await goEnvironment(),
    signal,
  });
  return (JSON.parse(answer) as { Dir: string }).Dir;
}

/** Fails, with what to do, where no Go fits the pinned modules. */
export async function assertGo(): Promise<void> {
  const output = await tryRun(['go', 'env', 'GOVERSION']).catch(() => undefined);
  const version = /^go(\d+)\.(\d+)/.exec(output?.stdout ?? '');
  const next =
    'Install Go 1.26 or newer (https://go.dev/dl), or use a machine that reaches an image registry (--supply registry).';
  if (version === null) throw environmentFailure('Supply `source` needs Go, and none is on the PATH.', { next });
  if (Number(version[1]) === 1 && Number(version[2]) < 26) {
    throw environmentFailure(`Supply \`source\` needs Go 1.26 or newer; this is ${version[0]}.`, { next });
  }
}

/**
 * The user's own proxy and checksum settings; caches of our own, so that removing the project's folder removes all.
 * Without `direct`: a version the proxy does not serve would become a slow look-up of a source host.
 */
async function goEnvironment(): Promise<Record<string, string>> {
  const configured = (await run(['go', 'env', 'GOPROXY'])).trim();
  const proxies = configured.split(/[,|]/).filter((proxy) => proxy !== 'direct' && proxy !== 'off');
  const go = join(cacheFolder(), 'go');
  return {
    CGO_ENABLED: '0',
    GOFLAGS: '-mod=readonly -modcacherw -buildvcs=false',
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
    GOMODCACHE: join(go, 'mod'),
    GOCACHE: join(go, 'build'),
    GOTMPDIR: scratchFolder('go'),
    ...(proxies.length === 0 ? {} : { GOPROXY: proxies.join(',') }),
  };
}

export const goModuleVersion = (part: string, module: string): string => {
  const requirement = new RegExp(`^\\s*${module.replaceAll('.', '\\.')} (v\\S+)`, 'm');
  const line = requirement.exec(readFileSync(fixture('parts', part, 'go.mod'), 'utf8'));
  if (line?.[1] === undefined) throw new Error(`${module} is not required by fixtures/parts/${part}/go.mod`);
  return line[1];
};
