// Pages of docs/ that are made from lists of the code; `--update` writes them anew.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../common/paths.ts';
import { REMEDIES } from '../lab/remedies/remedies.ts';
import type { Remedy } from '../lab/remedies/remedy.ts';
import { distributionNames } from '../lab/mesh/distribution.ts';
import { type Claim, type ClaimGroup, loadProfile, profileNames, profileTitle } from './catalog.ts';

const COMMAND = '`npx vitest run --project unit harness/plan/pages.test.ts --update`';

it.each([
  ['docs/claims.md', claimsPage],
  ['docs/remedies.md', remediesPage],
])('%s says what the code has', async (path, page) => {
  await expect(`${page()}\n`).toMatchFileSnapshot(join(ROOT, path));
});

function claimsPage(): string {
  return [
    '# Claims',
    `Every claim, by profile and group in the order in which they are judged. Made by ${COMMAND}.`,
    ...profileNames().flatMap((profile) => [
      `## ${profile}`,
      `${profileTitle(profile)}.`,
      ...loadProfile(profile).flatMap((group) => [
        `### ${group.name}`,
        `${group.title}. ${aboutLab(group)}`,
        table(
          ['claim', 'level', 'on', 'what it says', 'source'],
          group.claims.map((claim) => [`\`${claim.id}\``, claim.level, onOf(claim), claim.sentence, claim.source]),
        ),
      ]),
    ]),
  ].join('\n\n');
}

function aboutLab({ minutes, needs: { addOns, olderVersion, agents } }: ClaimGroup): string {
  const needs = [
    ...addOns,
    ...(olderVersion ? ['planes of an older version first'] : []),
    ...(agents > 0 ? [`${agents} more nodes`] : []),
  ];
  return `About ${minutes.toFixed(1)} min alone on a lab${needs.length === 0 ? '' : `, which needs ${needs.join(', ')}`}.`;
}

const onOf = ({ distributions }: Claim) =>
  distributions === undefined || distributions.length === distributionNames().length ? 'all' : distributions.join(', ');

function remediesPage(): string {
  const titles = new Map(loadProfile('trust').map(({ name, title }) => [name, title]));
  return [
    '# Remedies',
    `Ways out of the split; each is applied from the asserted split, judged by the same claims, and taken back. Made by ${COMMAND}.`,
    table(
      ['remedy', 'what it is', 'Secret `cacerts`', 'kept by', 'needs'],
      Object.values<Remedy>(REMEDIES).map(({ name, secret, addOns }) => [
        `\`${name}\``,
        titles.get(`trust/${name}`) ?? '',
        secret.format,
        secret.keeper ?? 'nobody',
        addOns.length === 0 ? 'nothing' : addOns.join(', '),
      ]),
    ),
  ].join('\n\n');
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`)
    .join('\n');
