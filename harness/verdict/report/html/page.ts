import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { html, raw } from 'hono/html';

/** Markup whose data has been escaped. */
export type Html = ReturnType<typeof html>;

const STYLE = readFileSync(new URL('style.css', import.meta.url), 'utf8');
const STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/** In one piece: the digest is of all that stands between the tags. */
const STYLE_ELEMENT = raw(`<style>${STYLE}</style>`);

/** Nothing is fetched, nothing runs, no form goes anywhere; the one style sheet is named by its digest. */
const POLICY = `default-src 'none'; style-src ${STYLE_HASH}; base-uri 'none'; form-action 'none'`;

export interface Section {
  /** Of the element, for links. */
  id: string;
  title: string;
  content: Html;
}

/** A whole HTML document in one string: what comes first, then the sections with links to each. */
export async function page(title: string, banner: Html, sections: readonly Section[], footer: Html): Promise<string> {
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="banner">${banner}</header>
        <nav aria-label="Sections">
          <ul>
            ${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
          </ul>
        </nav>
        <main id="main">
          ${sections.map(
            ({ id, title, content }) =>
              html`<section id="${id}" aria-labelledby="${id}-title">
                <h2 id="${id}-title">${title}</h2>
                ${content}
              </section>`,
          )}
        </main>
        <footer>${footer}</footer>
      </body>
    </html>`;
  return String(await document);
}
