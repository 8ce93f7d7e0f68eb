import { html } from 'hono/html';
import type { ClaimResult } from '../model.ts';
import { plain } from '../../../common/text.ts';
import type { Html } from './page.ts';
import { size } from './words.ts';

/** Characters of one file that the page shows: its beginning and its end. The file beside the page has all of it. */
const HEAD = 12_000;
const TAIL = 4_000;
/** Characters of all files together; what comes after them is linked only. */
const TOTAL = 4_000_000;

/** Reads a file of evidence by its path in the report; undefined where there is none. */
export type ReadEvidence = (path: string) => Promise<string | undefined>;

interface Excerpt {
  path: string;
  /** Undefined where the file is missing; empty where there was no room left. */
  text: string | undefined;
  bytes: number;
}

/** What the page shows of each claim's evidence. Failed claims come first where there is not room for all. */
export async function excerptsOf(
  claims: readonly ClaimResult[],
  readEvidence: ReadEvidence,
): Promise<Map<ClaimResult, Excerpt[]>> {
  let room = TOTAL;
  const excerpts = new Map<ClaimResult, Excerpt[]>();
  const rank = ({ status }: ClaimResult) => (status === 'failed' ? 0 : 1);
  for (const claim of claims.toSorted((a, b) => rank(a) - rank(b))) {
    const files: Excerpt[] = [];
    for (const path of claim.evidence) {
      const content = await readEvidence(path);
      const text = content === undefined ? undefined : room > 0 ? plain(middleCut(content)) : '';
      room -= text?.length ?? 0;
      files.push({ path, text, bytes: Buffer.byteLength(content ?? '') });
    }
    excerpts.set(claim, files);
  }
  return excerpts;
}

function middleCut(text: string): string {
  if (text.length <= HEAD + TAIL) return text;
  const note = `[… ${text.length - HEAD - TAIL} of ${text.length} characters are not shown here: open the file …]`;
  return `${text.slice(0, HEAD)}\n\n${note}\n\n${text.slice(-TAIL)}`;
}

/** One folded file of evidence. */
export function evidenceFold({ path, text, bytes }: Excerpt, isOpen: boolean): Html {
  const name = path.split('/').at(-1) ?? path;
  return html`<details class="evidence" ${isOpen && 'open'}>
    <summary>${name} <span class="soft">${text === undefined ? 'missing' : size(bytes)}</span></summary>
    <p class="soft">
      ${text === undefined ? html`There is no file <code>${path}</code> beside this page.` : html`Beside this page: ${link(path)}`}
      ${text === '' && bytes > 0 ? 'It is not shown here, since the page would become too long.' : ''}
    </p>
    ${text !== undefined && text !== '' && html`<pre role="region" aria-label="${path}" tabindex="0">${text}</pre>`}
  </details>`;
}

/** A link to a file beside the page, which no path can lead elsewhere. */
export function link(path: string): Html {
  const segments = path.split('/');
  if (segments.some((segment) => ['', '.', '..'].includes(segment))) return html`<code>${path}</code>`;
  return html`<a href="${segments.map(encodeURIComponent).join('/')}"><code>${path}</code></a>`;
}
