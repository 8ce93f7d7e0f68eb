import { extname } from 'node:path';
import { toYaml } from '../report/yaml.ts';
import type { ReportFolder } from './folder.ts';
import type { Redactor } from '../../common/redact/redact.ts';

/** Bytes of one file of evidence; of longer ones the beginning and the end are kept. */
export const EVIDENCE_LIMIT = 1024 * 1024;

/** Writes what was observed for a claim to `evidence/<claim>/<name>`, redacted; safe from several processes. */
export class EvidenceRecorder {
  readonly #folder: ReportFolder;
  readonly #redactor: Redactor;

  /** `folder` is that of the report. */
  constructor(folder: ReportFolder, redactor: Redactor) {
    this.#folder = folder;
    this.#redactor = redactor;
  }

  /**
   * Writes one file, an object as YAML (its name then ends in `.yaml`), and returns its path relative to the report,
   * with forward slashes. An existing file is never replaced: the second of a name becomes `name-2`. What is longer
   * than {@link EVIDENCE_LIMIT} is cut in the middle and says so. Rejects with the file system's error.
   */
  async write(claimId: string, name: string, content: string | object): Promise<string> {
    const text = typeof content === 'string' ? content : toYaml(content);
    const file = safeName(typeof content === 'string' || /\.ya?ml$/.test(name) ? name : `${name}.yaml`);
    return await this.#writeNew(`evidence/${safeName(claimId)}`, file, cut(this.#redactor.redact(text)));
  }

  async #writeNew(folder: string, file: string, content: string | Uint8Array): Promise<string> {
    const extension = extname(file);
    const stem = file.slice(0, file.length - extension.length);
    for (let count = 1; ; count++) {
      const path = `${folder}/${count === 1 ? file : `${stem}-${count}${extension}`}`;
      if (await this.#folder.write(path, content)) return path;
    }
  }
}

/** A file name that is one everywhere: ASCII letters, digits, `.`, `_` and `-`, not hidden, 100 characters at most. */
function safeName(name: string): string {
  const plain = name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[.-]+|[.-]+$/g, '');
  return plain === '' ? 'unnamed' : plain.slice(-100).replace(/^[.-]+/, '');
}

function cut(text: string): string | Uint8Array {
  const bytes = Buffer.from(text);
  if (bytes.length <= EVIDENCE_LIMIT) return text;
  const half = EVIDENCE_LIMIT / 2 - 64;
  const note = `\n[… ${bytes.length - 2 * half} of ${bytes.length} bytes cut …]\n`;
  return Buffer.concat([bytes.subarray(0, half), Buffer.from(note), bytes.subarray(-half)]);
}
