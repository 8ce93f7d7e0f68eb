import type { NodeKind } from '../../../trust/graph/model.ts';
import { countedLabels, mark, short, verdictWords } from '../words.ts';
import type { Box } from './fold.ts';

/** Characters of a line in a box; the smaller ones may be longer. The tables below the drawing have all of it. */
const TITLE_LIMIT = 30;
const DETAIL_LIMIT = 36;
const TITLE_LINES = 3;
const PROBLEMS_SHOWN = 2;

/** What stands in a box: its name, on several lines if need be, and what it is. `home` is its plane's namespace. */
export function textOf(box: Box, home: string | undefined): { title: string[]; details: string[] } {
  const { kind, members, among } = box;
  const distinct = (texts: readonly (string | undefined)[]) => [...new Set(texts.flatMap((text) => text ?? []))];
  const namespaces = distinct(members.map(({ namespace }) => namespace)).filter((name) => name !== home);
  // A Secret's detail is mostly its name.
  const what =
    distinct(members.map(({ detail, label }) => (detail === label ? undefined : detail))).join(', ') || KINDS[kind];
  const isCa = kind === 'root' || kind === 'intermediate';
  const problems = distinct(members.map(({ problem }) => problem));
  const details = [
    (members.length > 1 ? `${members.length} × ${what}` : what) + (kind === 'webhook' ? ' webhook' : ''),
    ...(namespaces.length > 0 ? [countedLabels(namespaces, 2)] : []),
    ...(isCa && members.length === 1 ? members.map(({ certificate = '' }) => short(certificate)) : []),
    ...[...among].map((verdict) => `${mark(verdict)} ${verdictWords(verdict)} among themselves`),
    ...problems.slice(0, PROBLEMS_SHOWN).map((problem) => `⚠ ${problem}`),
    ...(problems.length > PROBLEMS_SHOWN ? [`⚠ ${problems.length - PROBLEMS_SHOWN} more`] : []),
  ];
  return {
    title: wrap(countedLabels(members.map(({ label }) => label))),
    details: details.map((line) => cut(line, DETAIL_LIMIT)),
  };
}

const KINDS: Record<NodeKind, string> = {
  proxy: 'proxy',
  istiod: 'istiod',
  root: 'root',
  intermediate: 'intermediate',
  configMap: 'ConfigMap',
  secret: 'Secret',
  webhook: 'admission',
};

const cut = (text: string, limit: number): string => {
  const line = text.replace(/\s+/g, ' ');
  return line.length > limit ? `${line.slice(0, limit - 1).toWellFormed()}…` : line;
};

/** A name on as many lines as it takes, up to three, broken between words. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < TITLE_LIMIT) lines.splice(-1, 1, `${last} ${word}`);
    else lines.push(word);
  }
  const kept = TITLE_LINES - 1;
  const few = lines.length > TITLE_LINES ? [...lines.slice(0, kept), lines.slice(kept).join(' ')] : lines;
  return few.map((line) => cut(line, TITLE_LIMIT));
}
