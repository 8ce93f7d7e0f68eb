import { styleText } from 'node:util';
import { redact } from './redact/redact.ts';
import { inert } from './text.ts';

/** Text as it is, or in a colour of ours where the stream shows colours. */
type Piece = string | readonly [style: Parameters<typeof styleText>[0], text: string];

/**
 * Writes a line for people. What others have said in it (names of contexts, answers of an API, output of tools) shows
 * nothing secret and gives no orders to whoever shows it; colours come after that, and only those asked for here.
 */
export function print(stream: NodeJS.WritableStream, ...pieces: readonly Piece[]): void {
  const shown = pieces.map((piece) => {
    if (typeof piece === 'string') return harmless(piece);
    const [style, text] = piece;
    return styleText(style, harmless(text), { stream });
  });
  stream.write(`${shown.join('')}\n`);
}

/** Text for people without what looks like a key or token, and {@link inert}. */
export const harmless = (text: string): string => inert(redact(text));
