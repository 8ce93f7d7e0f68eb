import { describe, expect, it } from 'vitest';
import { distributionNames } from '../lab/mesh/distribution.ts';
import { REMEDY_NAMES } from '../observations/remedies.ts';
import { allClaims, loadProfile, needsOf, selectClaims } from './catalog.ts';

const claims = allClaims();

describe('the catalogue', () => {
  it('has unique ids below their group', () => {
    expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length);
    for (const { id, group } of claims) expect(id.startsWith(`${group.replace('/', '.')}.`), id).toBe(true);
  });

  it('states each claim as a normative sentence with level and source', () => {
    for (const { id, sentence, level, source } of claims) {
      expect(sentence, id).toMatch(/\bMUST\b.*\.$/s);
      expect(['core', 'extended'], id).toContain(level);
      expect(source.length, id).toBeGreaterThan(10);
    }
  });

  it('has each profile say what its labs need', () => {
    const needs = (profile: string) => needsOf(loadProfile(profile));
    expect(needs('trust')).toEqual({ addOns: ['cert-manager'], olderVersion: false, agents: 0 });
    expect(needs('upgrade')).toEqual({ addOns: ['cert-manager'], olderVersion: true, agents: 0 });
    const [first] = loadProfile('upgrade');
    expect(first?.needs).toEqual({ addOns: [], olderVersion: true, agents: 0 });
  });

  it('knows every distribution that a claim is limited to', () => {
    const named = claims.flatMap(({ distributions }) => distributions ?? []);
    for (const name of named) expect(distributionNames()).toContain(name);
  });
});

describe('selectClaims', () => {
  const ids = (...request: Parameters<typeof selectClaims>) =>
    selectClaims(...request).flatMap((group) => group.claims.map(({ id }) => id));

  it('keeps to the distribution', () => {
    expect(ids('trust', 'openshift-4.19', [])).toContain('trust.configmap.fight');
    expect(ids('trust', 'openshift-4.22', [])).not.toContain('trust.configmap.fight');
  });

  it('keeps to the globs and drops groups without a claim', () => {
    expect(ids('trust', 'openshift-4.22', ['trust.*.chain'])).toEqual(
      REMEDY_NAMES.map((name) => `trust.${name}.chain`),
    );
    expect(selectClaims('trust', 'openshift-4.22', ['trust.split.*']).map(({ name }) => name)).toEqual(['trust/split']);
  });

  it('refuses a glob without a match and an unknown profile', () => {
    expect(() => ids('trust', 'openshift-4.22', ['trust.split.*', 'truss.*'])).toThrow(
      /matches 'truss\.\*'.*trust\.split\.access-log/s,
    );
    expect(() => ids('nope', 'openshift-4.22', [])).toThrow("Unknown profile 'nope'.\nKnown are: trust, upgrade.");
  });
});
