import { readdirSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { parse } from 'yaml';
import { usageFailure } from '../errors.ts';
import { ROOT } from '../paths.ts';
import type { ClaimDescription } from '../report/model.ts';
import { ADD_ON_NAMES, type AddOnName } from '../supply/supply.ts';

/** A claim as its clause in suites/PROFILE/GROUP.yaml has it. */
export interface Claim extends ClaimDescription {
  /** Distributions it applies to; undefined for all. */
  distributions?: string[];
}

/** An add-on in the lab; or a lab of an older version, and what the planes can be upgraded to. */
export type Need = AddOnName | 'upgrade';

/** Claims that share a scenario: one test file, one YAML file of clauses. */
export interface ClaimGroup {
  /** `trust/manual`; also the path of its files below suites/. */
  name: string;
  title: string;
  /** What its scenario needs beyond a lab of one version. */
  needs: Need[];
  /** About what it takes to judge it alone on a lab; what shards are balanced by. */
  minutes: number;
  claims: Claim[];
}

interface GroupFile {
  title: string;
  /** Place in the run: groups run in ascending order. */
  order: number;
  needs?: Need[];
  minutes?: number;
  claims: (Clause | SharedClauses)[];
}

type Clause = Omit<Claim, 'group'>;

/** The clauses of suites/PROFILE/clauses/NAME.yaml, under the ids of the group that takes them. */
interface SharedClauses extends Partial<Pick<Clause, 'level' | 'distributions'>> {
  clauses: string;
}

const suites = join(ROOT, 'suites');

/** For a group whose file does not say how long it takes. */
const MINUTES_A_CLAIM = 0.2;

/** Profiles are the folders below suites/ that hold claims. */
export const profileNames = (): string[] =>
  readdirSync(suites, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && claimFiles(entry.name).length > 0)
    .map((entry) => entry.name)
    .sort();

/** All claim groups of a profile in the order in which they run. */
export function loadProfile(profile: string): ClaimGroup[] {
  if (!profileNames().includes(profile)) {
    throw usageFailure(`Unknown profile '${profile}'.`, { next: `Known are: ${profileNames().join(', ')}.` });
  }
  return claimFiles(profile)
    .map((file) => ({
      name: `${profile}/${file.slice(0, -'.yaml'.length)}`,
      ...(read(join(suites, profile, file)) as GroupFile),
    }))
    .sort((a, b) => a.order - b.order)
    .map(({ name, title, needs, minutes, claims }) => ({
      name,
      title,
      needs: needs ?? [],
      minutes: minutes ?? claims.length * MINUTES_A_CLAIM,
      claims: claims
        .flatMap((entry) => ('clauses' in entry ? sharedClauses(name, entry) : [entry]))
        .map((claim) => ({ ...claim, sentence: claim.sentence.trim(), group: name })),
    }));
}

/** The claims of every profile. */
export const allClaims = (): Claim[] =>
  profileNames().flatMap((profile) => loadProfile(profile).flatMap(({ claims }) => claims));

/** Whether the lab of these groups is to be of an older version. */
export const isUpgrade = (groups: readonly ClaimGroup[]): boolean =>
  groups.some(({ needs }) => needs.includes('upgrade'));

/** The add-ons that these groups need, each once. */
export const addOnsFor = (groups: readonly ClaimGroup[]): AddOnName[] =>
  ADD_ON_NAMES.filter((name) => groups.some(({ needs }) => needs.includes(name)));

const claimFiles = (profile: string) => readdirSync(join(suites, profile)).filter((file) => file.endsWith('.yaml'));

/** Clauses that several groups have in common; a group may have them at another level, or on fewer distributions. */
function sharedClauses(group: string, { clauses, ...otherwise }: SharedClauses): Clause[] {
  const [profile = '', name = ''] = group.split('/');
  const shared = read(join(suites, profile, 'clauses', `${clauses}.yaml`)) as Clause[];
  return shared.map((clause) => ({ ...clause, ...otherwise, id: `${profile}.${name}.${clause.id}` }));
}

const read = (path: string): unknown => parse(readFileSync(path, 'utf8'));

/**
 * What a run is to judge: the claims of a profile that apply to the distribution and match one of the globs. Groups
 * without such a claim drop out.
 */
export function selectClaims(profile: string, distribution: string, only: readonly string[]): ClaimGroup[] {
  const applicable = filterClaims(
    loadProfile(profile),
    ({ distributions }) => distributions === undefined || distributions.includes(distribution),
  );
  for (const glob of only) {
    if (!applicable.some(({ claims }) => claims.some(({ id }) => matchesGlob(id, glob)))) {
      const ids = applicable.flatMap(({ claims }) => claims.map(({ id }) => `  ${id}`));
      throw usageFailure(`No claim of profile ${profile} on ${distribution} matches '${glob}'.`, {
        next: `The claims are:\n${ids.join('\n')}`,
      });
    }
  }
  return filterClaims(applicable, ({ id }) => only.length === 0 || only.some((glob) => matchesGlob(id, glob)));
}

function filterClaims(groups: readonly ClaimGroup[], keep: (claim: Claim) => boolean): ClaimGroup[] {
  return groups
    .map((group) => ({ ...group, claims: group.claims.filter(keep) }))
    .filter(({ claims }) => claims.length > 0);
}
