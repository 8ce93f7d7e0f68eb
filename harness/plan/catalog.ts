import { existsSync, readdirSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import Type, { type Static } from 'typebox';
import { usageFailure } from '../common/errors.ts';
import { ROOT } from '../common/paths.ts';
import { readYaml } from '../common/yaml-file.ts';
import { CLAIM_DESCRIPTION, type ClaimDescription } from '../verdict/report/model.ts';
import { count, object, oneOf, partial, text } from '../common/schema.ts';
import { ADD_ON_NAMES } from '../supply/supply.ts';

/** A claim as its clause in suites/PROFILE/GROUP.yaml has it. */
export interface Claim extends ClaimDescription {
  /** Distributions it applies to; undefined for all. */
  distributions?: string[];
}

/** Claims that share a scenario: one test file, one YAML file of clauses. */
export interface ClaimGroup {
  /** `trust/manual`; also the path of its files below suites/. */
  name: string;
  title: string;
  needs: LabNeeds;
  /** About what it takes to judge it alone on a lab; what shards are balanced by. */
  minutes: number;
  claims: Claim[];
}

const NEEDS = object({
  addOns: Type.Array(oneOf(ADD_ON_NAMES), { description: 'What is installed beside the planes.' }),
  olderVersion: Type.Boolean({ description: 'Planes of an older version first, and a newer one to take them to.' }),
  agents: count('Nodes beside the server, at least.'),
});
/** What a lab has to have beyond the two planes and Bookinfo. */
export type LabNeeds = Static<typeof NEEDS>;
const NOTHING: LabNeeds = { addOns: [], olderVersion: false, agents: 0 };

const CLAUSE = object({
  ...Type.Omit(CLAIM_DESCRIPTION, ['group']).properties,
  distributions: Type.Optional(Type.Array(text(), { minItems: 1 })),
});
type Clause = Static<typeof CLAUSE>;

/** The clauses of suites/PROFILE/clauses/NAME.yaml, under the ids of the group that takes them. */
const SHARED_CLAUSES = object({
  clauses: text(),
  level: Type.Optional(CLAUSE.properties.level),
  distributions: CLAUSE.properties.distributions,
});
const CLAUSES = Type.Array(object({ ...CLAUSE.properties, id: text('Below the id of the group.') }));

const GROUP_FILE = object({
  title: text(),
  order: count('Place in the run: groups run in ascending order.'),
  needs: Type.Optional(Type.Unsafe<Partial<LabNeeds>>(partial(NEEDS))),
  minutes: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  claims: Type.Array(Type.Union([CLAUSE, SHARED_CLAUSES])),
});

/** suites/PROFILE/profile.yaml: what the labs of all of its groups need stands there. */
const PROFILE_FILE = object({
  title: text(),
  needs: Type.Optional(Type.Unsafe<Partial<LabNeeds>>(partial(NEEDS))),
});

const suites = join(ROOT, 'suites');

/** For a group whose file does not say how long it takes. */
const MINUTES_A_CLAIM = 0.2;

const profileFile = (profile: string) => join(suites, profile, 'profile.yaml');

/** Profiles are the folders below suites/ that say so. */
export const profileNames = (): string[] =>
  readdirSync(suites)
    .filter((name) => existsSync(profileFile(name)))
    .sort();

/** What a profile is about, in a few words. */
export const profileTitle = (profile: string): string => readProfile(profile).title;

const readProfile = (profile: string) => {
  if (!profileNames().includes(profile)) {
    throw usageFailure(`Unknown profile '${profile}'.`, { next: `Known are: ${profileNames().join(', ')}.` });
  }
  return readYaml(profileFile(profile), PROFILE_FILE);
};

/** All claim groups of a profile in the order in which they run. */
export function loadProfile(profile: string): ClaimGroup[] {
  const { needs: ofAll } = readProfile(profile);
  return claimFiles(profile)
    .map((file) => ({ file, ...readYaml(join(suites, profile, file), GROUP_FILE) }))
    .sort((a, b) => a.order - b.order)
    .map(({ file, title, needs, minutes, claims }) => {
      const name = `${profile}/${file.slice(0, -'.yaml'.length)}`;
      return {
        ...{ name, title },
        needs: together([NOTHING, { ...NOTHING, ...ofAll }, { ...NOTHING, ...needs }]),
        minutes: minutes ?? claims.length * MINUTES_A_CLAIM,
        claims: claims
          .flatMap((entry) => ('clauses' in entry ? sharedClauses(name, entry) : [entry]))
          .map((claim) => ({ ...claim, sentence: claim.sentence.trim(), group: name })),
      };
    });
}

/** The claims of every profile. */
export const allClaims = (): Claim[] =>
  profileNames().flatMap((profile) => loadProfile(profile).flatMap(({ claims }) => claims));

/** What a lab needs that serves all of these groups. */
export const needsOf = (groups: readonly ClaimGroup[]): LabNeeds =>
  together([NOTHING, ...groups.map(({ needs }) => needs)]);

const together = (needs: readonly LabNeeds[]): LabNeeds => ({
  addOns: ADD_ON_NAMES.filter((name) => needs.some(({ addOns }) => addOns.includes(name))),
  olderVersion: needs.some(({ olderVersion }) => olderVersion),
  agents: Math.max(...needs.map(({ agents }) => agents)),
});

const claimFiles = (profile: string) =>
  readdirSync(join(suites, profile)).filter((file) => file.endsWith('.yaml') && file !== 'profile.yaml');

/** Clauses that several groups have in common; a group may have them at another level, or on fewer distributions. */
function sharedClauses(group: string, { clauses, ...otherwise }: Static<typeof SHARED_CLAUSES>): Clause[] {
  const [profile = '', name = ''] = group.split('/');
  const shared = readYaml(join(suites, profile, 'clauses', `${clauses}.yaml`), CLAUSES);
  return shared.map((clause) => ({ ...clause, ...otherwise, id: `${profile}.${name}.${clause.id}` }));
}

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
