// What the pages for people say of the repository: links, commands and dependencies are there, and are as they say.
import { CommanderError, type Command } from 'commander';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempDisposableSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../common/errors.ts';
import { ROOT } from '../common/paths.ts';
import { program } from './program.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const README = read('README.md');
const DOCS = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
const PAGES = ['README.md', 'CONTRIBUTING.md', 'reports/README.md', ...DOCS.map((name) => `docs/${name}`)];
const PACKAGE = JSON.parse(read('package.json')) as Partial<Record<string, Record<string, string>>>;

describe('README.md', () => {
  it('is short', () => {
    expect(tooLong(README)).toEqual([]);
  });

  it('gives a reason for every dependency, and for nothing else', () => {
    expect(wrongDependencies(README)).toEqual([]);
  });

  const handed = commandsIn(README).flatMap((words) => wordsForMeshtrust(words)?.join(' ') ?? []);
  const harmless = handed.filter((words) => /^config print|--dry-run|--help/.test(words));

  it('names commands that can be tried without harm', () => {
    expect(harmless).toEqual(expect.arrayContaining(['run --dry-run', 'config print', 'run --help']));
  });

  it.each(harmless)('has meshtrust %s touch nothing', async (words) => {
    using home = mkdtempDisposableSync(join(tmpdir(), 'meshtrust-docs-'));
    // Nobody listens there: whether a registry answers is nothing for this test to depend on.
    const nowhere = 'http://127.0.0.1:9';
    const proxies = { HTTPS_PROXY: nowhere, https_proxy: nowhere, NO_PROXY: '', no_proxy: '' };
    const env = { ...process.env, ...proxies, XDG_CACHE_HOME: join(home.path, 'cache') };
    const command = [join(ROOT, 'harness', 'cli', 'main.ts'), ...words.split(' ')];
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: home.path, env });
    expect(stdout).not.toBe('');
    expect(readdirSync(home.path)).toEqual([]);
  });
});

describe.each(PAGES)('%s', (page) => {
  it('links to what is there', () => {
    expect(brokenLinks(page, read(page))).toEqual([]);
  });

  it('names commands that there are', async () => {
    expect(await wrongCommands(read(page))).toEqual([]);
  });
});

describe('the checks notice', () => {
  it('a link that leads nowhere', () => {
    const links = '[a](docs/none.md) [b](docs/ci.md#none) [c](#none) [d](../none.md) <img src="none.svg">';
    expect(brokenLinks('README.md', links)).toEqual([
      'docs/none.md: there is no docs/none.md',
      'docs/ci.md#none: docs/ci.md has no heading #none',
      '#none: README.md has no heading #none',
      '../none.md: it leads out of the repository',
      'none.svg: there is no none.svg',
    ]);
  });

  it('no link where there is none, and none that is right', () => {
    const links = '[a](docs/ci.md#diff) [b](fixtures/examples) [c](https://example.com/none#none) `[d](none.md)`\n';
    expect(brokenLinks('README.md', `${links}\`\`\`text\n[e](none.md)\n\`\`\`\n`)).toEqual([]);
    expect(brokenLinks('docs/ci.md', '[a](../README.md#two-commands) [b](audit.md)')).toEqual([]);
  });

  it('a heading as GitHub names it', () => {
    const headings = '# A `b`, c?\n## [Who](x.md) installs_the *planes*\n## A b c\n```sh\n# none\n```\n';
    expect([...anchorsOf(headings)]).toEqual(['a-b-c', 'who-installs_the-planes', 'a-b-c-1']);
  });

  it.each([
    ['npm run none', "npm run none: there is no script 'none'"],
    ['npm run conformance --only x', 'npm run conformance --only x: npm takes what stands before --'],
    ['npm run conformance -- --none', "npm run conformance -- --none: error: unknown option '--none'"],
    ['npm run --silent meshtrust -- rum', "npm run --silent meshtrust -- rum: error: unknown command 'rum'"],
    ['npm run conformance -- --shard 3/2', 'It must be i/n'],
    ['npm run meshtrust -- config print --none', "error: unknown option '--none'"],
    ['npm run meshtrust -- diff OLD', "error: missing required argument 'new'"],
    ['npm run meshtrust -- job', "error: required option '--shards <n>' not specified"],
    ['npx meshtrust run --cluster none', "argument 'none' is invalid. Allowed choices are k3d, kubeconfig"],
  ])('what is wrong with %s', async (command, sentence) => {
    expect(await wrongCommands(`It is \`${command}\`.`)).toEqual([expect.stringContaining(sentence)]);
    expect(await wrongCommands(`\`\`\`sh\ncd x; ${command} > y # z\n\`\`\``)).toHaveLength(1);
  });

  it('nothing wrong with commands that there are', async () => {
    const run = "npm run conformance -- --only 'trust.*' \\\n  --out DIR --set a=b   # --none";
    const block = `${run}\nnpx meshtrust diff OLD NEW | cat; npm pack\n`;
    expect(commandsIn(`\`\`\`sh\n${block}\`\`\``)).toEqual([
      ['npm', 'run', 'conformance', '--', '--only', 'trust.*', '--out', 'DIR', '--set', 'a=b'],
      ['npx', 'meshtrust', 'diff', 'OLD', 'NEW'],
    ]);
    expect(await wrongCommands(`\`\`\`sh\n${block}\`\`\`\n\`npm test\`, \`npm run pins -- --check\``)).toEqual([]);
    expect(await wrongCommands('```text\nnpm run none\n```')).toEqual([]);
  });

  it('a dependency that is missing, one too many, and one twice', () => {
    const faults = wrongDependencies(README.replace('| `zx` |', '| `left-pad`, `yaml` |'));
    expect(faults).toEqual(['yaml: 2 rows', 'zx: 0 rows', 'left-pad: not in package.json']);
  });

  it('a page that is too long, or a line', () => {
    expect(tooLong(`${'\n'.repeat(149)}last\n`)).toEqual([]);
    const faults = tooLong(`| ${'x'.repeat(400)} |\n${'x'.repeat(301)}\n${'\n'.repeat(148)}x`);
    expect(faults).toEqual(['line 2 has 301 characters', 'it has 151 lines']);
  });
});

/** What makes a page longer than anybody reads. Rows of a table are as long as they are. */
function tooLong(markdown: string): string[] {
  const lines = markdown.replace(/\n$/, '').split('\n');
  const isLong = (line: string) => line.length > 300 && !line.startsWith('|');
  const long = lines.flatMap((line, at) => (isLong(line) ? [`line ${at + 1} has ${line.length} characters`] : []));
  return [...long, ...(lines.length > 150 ? [`it has ${lines.length} lines`] : [])];
}

/** Without what stands in fenced blocks; that goes to `onBlock`, line by line, with the language of its block. */
function prose(markdown: string, onBlock: (language: string, line: string) => void = () => undefined): string {
  let language: string | undefined;
  const kept = markdown.split('\n').filter((line) => {
    const [fence, named = ''] = /^\s*```(\w*)/.exec(line) ?? [];
    if (fence !== undefined) language = language === undefined ? named : undefined;
    else if (language !== undefined) onBlock(language, line);
    return fence === undefined && language === undefined;
  });
  return kept.join('\n');
}

/** GitHub's names for the headings of a page: letters, digits, hyphens and underscores, numbered where they repeat. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose(markdown).matchAll(/^#+ +(.*)$/gm)) {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const name = text.replace(/[^\p{L}\p{M}\p{N} _-]/gu, '').replaceAll(' ', '-');
    let anchor = name;
    for (let again = 1; anchors.has(anchor); again++) anchor = `${name}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** A sentence for each relative link of a page that leads nowhere. */
function brokenLinks(page: string, markdown: string): string[] {
  const text = prose(markdown).replace(/`[^`\n]*`/g, '');
  const targets = [...text.matchAll(/\]\(([^)\s]+)[^)]*\)|(?:src|href)="([^"]+)"/g)].map(([, a, b]) => a ?? b ?? '');
  return targets.flatMap((target) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    if (file.startsWith('..')) return [`${target}: it leads out of the repository`];
    if (!existsSync(join(ROOT, file))) return [`${target}: there is no ${file}`];
    const isThere = anchor === undefined || (file.endsWith('.md') && anchorsOf(read(file)).has(anchor));
    return isThere ? [] : [`${target}: ${file} has no heading #${anchor}`];
  });
}

/** The words of every command of ours, in blocks of shell and in inline code. */
function commandsIn(markdown: string): string[][] {
  let shell = '';
  const text = prose(markdown, (language, line) => {
    if (language === 'sh') shell += `${line}\n`;
  });
  const inline = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  const lines = [...shell.replaceAll('\\\n', ' ').split('\n'), ...inline];
  return lines.flatMap(simpleCommands).filter((words) => /^np(m run|m test|x meshtrust)\b/.test(words.join(' ')));
}

/** A line of shell as its commands and their words, without quotes, comment and redirections. */
function simpleCommands(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const [token] of line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s|;&<>'"])+|[|;&<>]+/g)) {
    if (token.startsWith('#')) break;
    if (/^[|;&<>]/.test(token)) commands.push([]);
    else commands.at(-1)?.push(token.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  }
  return commands;
}

/** What a command hands to meshtrust; undefined for one that starts something else. */
function wordsForMeshtrust([tool, , ...rest]: readonly string[]): string[] | undefined {
  if (tool === 'npx') return rest;
  const [script] = rest.filter((word) => !word.startsWith('-'));
  const separator = rest.indexOf('--');
  const handed = separator === -1 ? [] : rest.slice(separator + 1);
  if (script === 'conformance') return ['run', ...handed];
  return script === 'meshtrust' ? handed : undefined;
}

/** A sentence for each command of a page that npm or meshtrust would not understand. */
async function wrongCommands(markdown: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const words of commandsIn(markdown)) {
    const why = scriptFault(words) ?? (await parsingFault(wordsForMeshtrust(words) ?? ['--help']));
    if (why !== undefined) wrong.push(`${words.join(' ')}: ${why}`);
  }
  return wrong;
}

function scriptFault([tool, verb, ...rest]: readonly string[]): string | undefined {
  if (tool === 'npx' || verb === 'test') return undefined;
  const separator = rest.indexOf('--');
  const own = separator === -1 ? rest : rest.slice(0, separator);
  const [script = '', ...others] = own.filter((word) => word !== '--silent');
  if (PACKAGE['scripts']?.[script] === undefined) return `there is no script '${script}'`;
  return others.length > 0 ? 'npm takes what stands before --' : undefined;
}

/** What meshtrust's own parser says of such words; it does nothing else. */
async function parsingFault(words: readonly string[]): Promise<string | undefined> {
  const root = program();
  const silence = { writeOut: () => undefined, writeErr: () => undefined };
  for (const command of withSubcommands(root)) {
    command.exitOverride().configureOutput(silence);
    if (command.commands.length === 0) command.action(() => undefined);
  }
  try {
    await root.parseAsync(words, { from: 'user' });
    return undefined;
  } catch (error) {
    return error instanceof CommanderError && error.exitCode === 0 ? undefined : messageOf(error);
  }
}

const withSubcommands = (command: Command): Command[] => [command, ...command.commands.flatMap(withSubcommands)];

/** Packages and the number of rows for each in the table of dependencies, where that is not one. */
function wrongDependencies(markdown: string): string[] {
  const table = /^\| package \| why \|\n\|[-| ]+\|\n((?:\|.*\n)+)/m.exec(markdown)?.[1] ?? '';
  const named = table.split('\n').flatMap((row) => {
    const [, packages = ''] = row.split('|');
    return [...packages.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  });
  const declared = Object.keys({ ...PACKAGE['dependencies'], ...PACKAGE['devDependencies'] });
  const wanted = new Set(declared.map((name) => name.replace(/^@types\/.*/, '@types/*')));
  const rows = (name: string) => named.filter((one) => one === name).length;
  return [
    ...[...wanted].filter((name) => rows(name) !== 1).map((name) => `${name}: ${rows(name)} rows`),
    ...named.filter((name) => !wanted.has(name)).map((name) => `${name}: not in package.json`),
  ];
}
