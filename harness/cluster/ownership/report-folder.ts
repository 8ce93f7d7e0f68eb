import { createHash, randomUUID } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { type Failure, messageOf, usageFailure } from '../../common/errors.ts';
import type { ReportFolder } from '../../verdict/evidence/folder.ts';
import { describeOwner, fateOf, type Owner, thisProcess } from '../state/owner.ts';

/** The list of what a run has written into its folder, one JSON object a line: by it, and by nothing else, it knows its own. */
const LIST = 'files.ndjson';

/** The first line of the list. */
interface Beginning {
  run: string;
  owner: Owner;
}

/** A file, on the list before it is there. */
interface Written {
  path: string;
  /** Of its content, 64 hexadecimal digits. */
  sha256: string;
  /** Under this name beside it until it is whole. */
  unfinished: string;
}

/** The last line: nobody writes there any more. */
interface Ending {
  finished: true;
}

/**
 * The folder of a report. A run takes only one that is absent, empty, or a former report that nobody has touched since;
 * it removes and rewrites only what it has written itself, as the list says and the content proves, and follows no link.
 */
export class OwnedFolder implements ReportFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Takes a folder for a run; a former report in it makes way. Fails, exit code 2, where there is anything else, where
   * another run still writes there, or where nothing can be written.
   */
  static take(path: string, run: string): OwnedFolder {
    try {
      mkdirSync(path, { recursive: true });
      const folder = new OwnedFolder(realpathSync(path));
      folder.#clear();
      const beginning: Beginning = { run, owner: thisProcess() };
      writeFileSync(join(folder.path, LIST), `${JSON.stringify(beginning)}\n`, { flag: 'wx' });
      return folder;
    } catch (error) {
      if (error instanceof Error && error.name === 'Failure') throw error;
      throw usageFailure(`The folder ${path} cannot be written: ${messageOf(error)}`, {
        next: ELSEWHERE,
        cause: error,
      });
    }
  }

  /** Writes into the folder of a run from another process of it. */
  static attach(path: string): OwnedFolder {
    mkdirSync(path, { recursive: true });
    return new OwnedFolder(realpathSync(path));
  }

  write(path: string, content: string | Uint8Array): Promise<boolean> {
    return promised(() => {
      const unfinished = this.#note(path, content);
      const [file, scratch] = [join(this.path, path), join(this.path, dirname(path), unfinished)];
      mkdirSync(dirname(file), { recursive: true });
      this.#assertInside(dirname(file));
      writeFileSync(scratch, content, { flag: 'wx', mode: 0o644 });
      try {
        linkSync(scratch, file);
        return true;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EEXIST') return false;
        // A file system without links.
        writeFileSync(file, content, { flag: 'wx', mode: 0o644 });
        return true;
      } finally {
        rmSync(scratch, { force: true });
      }
    });
  }

  read(path: string): Promise<string | undefined> {
    return promised(() => (this.#isOwn(path) ? readFileSync(join(this.path, path), 'utf8') : undefined));
  }

  /** Changes the text of every file of the run; returns the paths of those that have changed. */
  rewrite(change: (text: string) => string): string[] {
    return this.#listed().filter((path) => {
      if (!this.#isOwn(path)) return false;
      const file = join(this.path, path);
      const text = readFileSync(file, 'utf8');
      const next = change(text);
      if (next === text) return false;
      const scratch = join(dirname(file), this.#note(path, next));
      writeFileSync(scratch, next, { flag: 'wx', mode: 0o644 });
      renameSync(scratch, file);
      return true;
    });
  }

  /** Says that nothing more will be written: whoever comes next may take the folder, wherever it runs. */
  finish(): void {
    const ending: Ending = { finished: true };
    appendFileSync(join(this.path, LIST), `${JSON.stringify(ending)}\n`);
  }

  /** Puts a file on the list; returns the name it has until it is whole. */
  #note(path: string, content: string | Uint8Array): string {
    const unfinished = `.${randomUUID()}.unfinished`;
    const written: Written = { path, sha256: sha256(content), unfinished };
    appendFileSync(join(this.path, LIST), `${JSON.stringify(written)}\n`);
    return unfinished;
  }

  /** Paths on the list, each once. */
  #listed(): string[] {
    return [...new Set(readList(this.path).written.map(({ path }) => path))];
  }

  /** Whether a path on the list is a regular file with the very content that was written. */
  #isOwn(path: string): boolean {
    const file = join(this.path, path);
    const sums = readList(this.path).written.filter((one) => one.path === path);
    if (sums.length === 0 || lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) return false;
    if (!realpathSync(file).startsWith(this.path + sep)) return false;
    const sum = sha256(readFileSync(file));
    return sums.some((one) => one.sha256 === sum);
  }

  #assertInside(folder: string): void {
    const real = realpathSync(folder);
    if (real === this.path || real.startsWith(this.path + sep)) return;
    throw new Error(`${folder} leads out of ${this.path}`);
  }

  /** Removes a former report, whole; fails before anything is removed where there is something else. */
  #clear(): void {
    const entries = readdirSync(this.path, { recursive: true, withFileTypes: true });
    if (entries.length === 0) return;
    const names = entries.map((entry) => ({
      entry,
      path: relative(this.path, join(entry.parentPath, entry.name)).split(sep).join('/'),
    }));
    const { beginning, written, isFinished } = readList(this.path);
    const own = new Set(
      written.flatMap(({ path, unfinished }) => [path, `${dirname(path)}/${unfinished}`.replace(/^\.\//, '')]),
    );
    const scratch = new Set(
      written.map(({ path, unfinished }) => `${dirname(path)}/${unfinished}`.replace(/^\.\//, '')),
    );
    const folders = new Set([...own].flatMap(foldersAbove));
    const strangers = names.filter(({ entry, path }) => {
      if (path === LIST) return beginning === undefined || !entry.isFile();
      if (entry.isDirectory()) return !folders.has(path);
      return !own.has(path) || !entry.isFile() || !(scratch.has(path) || this.#isOwn(path));
    });
    if (strangers.length > 0 || beginning === undefined)
      throw notOurs(
        this.path,
        strangers.map(({ path }) => path),
      );
    if (!isFinished && fateOf(beginning.owner) !== 'dead' && beginning.owner.pid !== process.pid) {
      throw usageFailure(
        `Run ${beginning.run} may still be writing to ${this.path} (${describeOwner(beginning.owner)}).`,
        {
          next: 'Wait for its end, or choose another folder with --out.',
        },
      );
    }
    for (const { entry, path } of names) {
      if (!entry.isDirectory() && path !== LIST) rmSync(join(this.path, path));
    }
    // The deepest first; one that somebody has put something into meanwhile stays.
    for (const path of [...folders].sort((a, b) => b.length - a.length)) {
      if (existsSync(join(this.path, path))) rmdirSync(join(this.path, path));
    }
    rmSync(join(this.path, LIST));
  }
}

const ELSEWHERE = 'Choose another with --out.';

const notOurs = (folder: string, strangers: readonly string[]): Failure =>
  usageFailure(`The folder ${folder} holds something that no run has written, and a report would be among it.`, {
    next: 'Choose with --out a folder that is absent, empty, or a former report that nobody has changed. Nothing was touched.',
    evidence: [...strangers.slice(0, 5), ...(strangers.length > 5 ? [`and ${strangers.length - 5} more`] : [])].join(
      '\n',
    ),
  });

interface List {
  beginning: Beginning | undefined;
  written: Written[];
  isFinished: boolean;
}

/** The list of a folder; a line that was cut by a kill is none. */
function readList(folder: string): List {
  const file = join(folder, LIST);
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    return { beginning: undefined, written: [], isFinished: false };
  }
  const lines = readFileSync(file, 'utf8').split('\n').flatMap(parsed);
  const [first] = lines;
  return {
    beginning: first !== undefined && 'run' in first ? first : undefined,
    written: lines.filter((line): line is Written => 'path' in line && isInside(line.path)),
    isFinished: lines.some((line) => 'finished' in line),
  };
}

function parsed(line: string): (Beginning | Written | Ending)[] {
  try {
    const value = JSON.parse(line) as Beginning | Written | Ending | null;
    return typeof value === 'object' && value !== null ? [value] : [];
  } catch {
    return [];
  }
}

/** Of a list that somebody has written, no line may lead elsewhere. */
const isInside = (path: unknown): boolean =>
  typeof path === 'string' && path !== '' && !path.startsWith('/') && !path.split('/').includes('..');

/** `a/b/c` → `a`, `a/b`. */
const foldersAbove = (path: string): string[] =>
  path
    .split('/')
    .slice(0, -1)
    .map((_, index, parts) => parts.slice(0, index + 1).join('/'));

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** What is thrown rejects. */
const promised = <T>(work: () => T): Promise<T> => new Promise((resolve) => resolve(work()));
