import type { MapOfRoot, WatchedMap } from '../../verdict/judges/config-map.ts';
import { pemBundle } from '../../verdict/judges/proxy-certificates.ts';
import { createRoot } from '../../verdict/trust/issue.ts';
import { alter, type Forgery, joined } from './forgery.ts';
import type { Recording } from './recording.ts';

const STABLE = joined('configmap-stable');
const SEPARATE = ['trust.configmap.separate'] as const;
const FIGHT = ['trust.configmap.fight'] as const;

/** Root ConfigMaps that move where they must not, or the other way round. */
export const ROOT_MAPS: readonly Forgery[] = [
  {
    name: 'root-map-changes',
    breaks: 'the root ConfigMap is written once while it is watched, with what was in it before',
    red: [...STABLE, ...SEPARATE],
    forge: (recording) => alterMaps(recording, (map) => ({ ...map, versions: [...map.versions, '0'] })),
  },
  {
    name: 'root-map-with-another-root',
    breaks: 'a foreign root stands still in the root ConfigMap',
    red: [...STABLE, ...SEPARATE],
    forge: async (recording) => {
      const { certificate } = await createRoot({ commonName: 'Foreign Root CA' });
      alterMaps(recording, (map) => ({ ...map, roots: [pemBundle(certificate.pem)] }));
    },
  },
  {
    name: 'root-map-with-one-root-more',
    breaks: 'a foreign root stands beside the right one in the root ConfigMap',
    red: [...STABLE, ...SEPARATE],
    forge: async (recording) => {
      const { certificate } = await createRoot({ commonName: 'Foreign Root CA' });
      alterMaps(recording, (map) => ({ ...map, roots: map.roots.map(({ pem }) => pemBundle(pem + certificate.pem)) }));
    },
  },
  {
    name: 'no-fight',
    breaks: 'the root ConfigMap that both planes write stands still',
    red: FIGHT,
    forge: (recording) => alter(recording, FIGHT, (map) => ({ ...map, versions: map.versions.slice(0, 1) })),
  },
  {
    name: 'fight-of-one',
    breaks: 'the root ConfigMap is written again and again, always with the same root',
    red: FIGHT,
    forge: (recording) => alter(recording, FIGHT, (map) => ({ ...map, roots: map.roots.slice(0, 1) })),
  },
  {
    name: 'agent-with-another-complaint',
    breaks: 'the agent cannot reach its istiod, and not because of the root',
    red: ['trust.configmap.agent-symptom'],
    forge: (recording) =>
      alter(recording, ['trust.configmap.agent-symptom'], ({ lines }) => ({
        lines: lines.map((line) => line.replace(/x509: .*/, 'connection refused')),
      })),
  },
];

/** Changes every map that is to stand still, before the remedies and after. */
function alterMaps(recording: Recording, by: (map: WatchedMap) => WatchedMap): void {
  const changed = ({ root, map }: MapOfRoot) => ({ root, map: by(map) });
  alter(recording, STABLE, changed);
  alter(recording, SEPARATE, ({ maps }) => ({ maps: maps.map(changed) }));
}
