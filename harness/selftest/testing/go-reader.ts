import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** A chain and roots as they lie in files, in PEM. */
export interface Question {
  chain: string;
  roots: string;
  /** Of the leaf; a throwaway. */
  key: string;
}

export interface Answer {
  accepted: boolean;
  /** The reader's own words where it refuses. */
  says: string;
}

/** Go's crypto/tls as a client, of a server that presents just these bytes (fixtures/parts/crypto-x509). */
export class GoReader implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: ((line: string) => void)[] = [];

  constructor(program: string) {
    this.#child = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.(line));
  }

  async ask(
    { chain, roots, key }: Question,
    serverName: string,
  ): Promise<Answer & { presented: number; trusted: number }> {
    const question = { Chain: chain, Roots: roots, Key: key, ServerName: serverName };
    const line = new Promise<string>((resolve) => this.#waiting.push(resolve));
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    return JSON.parse(await line) as Answer & { presented: number; trusted: number };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin.end();
    await ended;
  }
}
