import { instance, type Viz } from '@viz-js/viz';
import { html, raw } from 'hono/html';
import { messageOf } from '../../../../common/errors.ts';
import type { TrustGraph } from '../../../trust/graph/model.ts';
import type { Html } from '../page.ts';
import { counted } from '../words.ts';
import { dotOf } from './dot.ts';
import { foldGraph } from './fold.ts';

/** More boxes than that are no picture of anything, and take Graphviz long. */
const MOST_BOXES = 100;

/** Width up to which a drawing is made smaller where the page is narrower; above, it scrolls. */
const FITS = 1400;

let viz: Promise<Viz> | undefined;

/**
 * The graph as inline SVG without colours or identifiers of its own, or a sentence that says why there is none; `id`
 * is unique in the page.
 */
export async function drawGraph(
  graph: TrustGraph,
  text: { id: string; title: string; description: string },
): Promise<{ svg: Html; left: number } | { why: string }> {
  const folded = foldGraph(graph);
  if (folded.boxes.length > MOST_BOXES) return { why: `Its ${folded.boxes.length} groups are too many to draw.` };
  let drawn: string;
  try {
    viz ??= instance();
    drawn = (await viz).renderString(dotOf(graph, folded), { format: 'svg_inline' });
  } catch (error) {
    // Whatever Graphviz stumbled over, its memory is not to be trusted after that.
    viz = undefined;
    return { why: `Graphviz could not draw its ${counted(folded.boxes.length, 'group')}: ${messageOf(error)}.` };
  }
  const [, width = '0', height = '0'] = /viewBox="0\.00 0\.00 ([\d.]+) ([\d.]+)"/.exec(drawn) ?? [];
  const content = drawn.slice(drawn.indexOf('<g '), drawn.lastIndexOf('</svg>'));
  const svg = html`<svg
    class="graph ${Number(width) > FITS && 'wide'}"
    role="img"
    aria-labelledby="${text.id}-title ${text.id}-text"
    width="${width}"
    height="${height}"
    viewBox="0 0 ${width} ${height}"
  >
    <title id="${text.id}-title">${text.title}</title>
    <desc id="${text.id}-text">${text.description}</desc>
    ${raw(anonymous(content))}
  </svg>`;
  return { svg, left: folded.left };
}

/** Without the titles and ids that Graphviz gives to everything: numbers, and the same in every drawing of a page. */
const anonymous = (svg: string): string =>
  svg.replace(/<!--.*?-->\n|<title>.*?<\/title>\n/gs, '').replace(/<g id="\w+"/g, '<g');
