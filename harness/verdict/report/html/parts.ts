import { html } from 'hono/html';
import type { Html } from './page.ts';
import type { Tone } from './words.ts';

/** A verdict in words, with a mark and a colour that say the same. */
export function badge(tone: Tone, mark: string, words: string): Html {
  return html`<span class="badge ${tone}"><span aria-hidden="true">${mark}</span> ${words}</span>`;
}

/** What may be wider than the page: it scrolls by itself, with the keyboard too. */
export function scrolling(label: string, content: Html): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${content}</div>`;
}

/** `2026-11-22 08:21 UTC`; text that is no time stays as it is. */
export function moment(time: string): Html | string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const iso = date.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

/** Names and values; a pair without a value is left out. */
export function facts(pairs: readonly (readonly [string, unknown])[]): Html {
  const known = pairs.filter(([, value]) => value !== undefined && value !== '');
  return html`<dl class="facts">
    ${known.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** A list of sentences. */
export const sentences = (lines: readonly string[]): Html =>
  html`<ul>
    ${lines.map((line) => html`<li>${line}</li>`)}
  </ul>`;
