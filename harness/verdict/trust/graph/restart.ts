import { CACERTS } from '../../../observations/istio.ts';
import type { Certificate } from '../../../observations/certificate.ts';
import { verdictSentence, verifyChain } from '../chain.ts';
import type { ChainFault } from '../fault.ts';
import { ENVOY } from '../readers/envoy.ts';
import { GO } from '../readers/go.ts';
import type { ObservedAuthority } from './observation.ts';
import type { Scene } from './scene.ts';
import { isAmong } from './trusted.ts';
import { called, sentence } from './words.ts';

/**
 * What the next restart of an istiod would bring, that its plugged-in CA was not asked for yet: it reads `cacerts` when it
 * starts (istio/istio, pilot/pkg/bootstrap/istio_ca.go), and a first one needs a restart to count at all.
 */
export function changesAtRestart(scene: Scene): string[] {
  return scene.authorities.flatMap((secret) => {
    if (secret.kind !== CACERTS || secret.plane === undefined) return [];
    // Whoever has its certificates issued by others reads none (pilot/pkg/bootstrap/server.go, maybeCreateCA).
    if (scene.planeOf.get(secret.plane)?.issues === false) return [];
    // Its own CA it reads from there, and not as one that is plugged in, for as long as it is told to keep it there.
    if (secret.isSelfMade && scene.planeOf.get(secret.plane)?.keepsOwnCacerts === true) return [];
    const trouble = troubleOf(secret, scene.at);
    if (trouble !== undefined) return [sentence(`the Secret ${secret.id} ${trouble}`)];
    const change = changeOf(secret, scene);
    return change === undefined ? [] : [sentence(change)];
  });
}

/** Why an istiod could not start with it, or whom its certificates would be refused by; undefined if it is sound. */
function troubleOf({ problem, chain, roots, plane }: ObservedAuthority, at: Date): string | undefined {
  const start = `${plane ?? 'istiod'} would not start with it`;
  if (problem !== undefined) return `is not whole, ${start}: ${problem}`;
  const [ca] = chain;
  if (ca === undefined || roots.length === 0) return `holds no certificate, ${start}`;
  const verdict = verifyChain(chain, roots, { at, reader: GO });
  if (!verdict.trusted) return `does not verify under its own root, ${start}: ${verdictSentence(verdict)}`;
  const faults = issuerFaults(verdict.path);
  if (faults.length === 0) return undefined;
  return `is a CA whose certificates would be refused: ${faults.map(({ sentence: says }) => says).join('; ')}`;
}

/** Faults of a path of CAs, the issuing one first, that show only in a certificate below it. */
function issuerFaults(path: readonly Certificate[]): ChainFault[] {
  const found = [GO, ENVOY].flatMap((reader) => reader.asIssuers(path));
  return [...new Map(found.map((fault) => [fault.sentence, fault])).values()];
}

/** Its root is not the one that istiod issues under now. */
function changeOf({ id, roots, plane }: ObservedAuthority, scene: Scene): string | undefined {
  const now = scene.servedBy.get(plane ?? '')?.root;
  if (now === undefined || isAmong(roots, now)) return undefined;
  const [next] = roots;
  const root = next === undefined ? 'another root' : called(next);
  return (
    `${plane ?? 'istiod'} issues under ${called(now)}, and its Secret ${id} holds ${root}: it takes effect at the next ` +
    'restart of istiod, and then its root changes'
  );
}
