import type { ConformanceReport } from '../model.ts';
import { compareFacts } from './facts.ts';
import type { Change } from './model.ts';
import { listNames } from './workloads.ts';

/** What was compared: versions of planes, components and tools; and whether like was compared with like. */
export function compareCircumstances(old: ConformanceReport, now: ConformanceReport): Change[] {
  return [
    ...compareFacts('version', versions(old), versions(now)),
    ...compareFacts('unlike', surroundings(old), surroundings(now)),
  ];
}

function versions({ implementation, environment, run }: ConformanceReport): Map<string, string> {
  const { planes, components } = implementation;
  return new Map([
    ...planes.map((plane) => entry(`${plane.name} plane`, plane.version, revisionOf(plane), plane.namespace)),
    // A lab of two versions has some of them twice.
    ...[...Map.groupBy(components, ({ name }) => name)].map(([name, same]): [string, string] => [
      name,
      listNames(same.map(({ version, image, digest }) => entry(name, version, image, digest)[1])),
    ]),
    entry('Kubernetes', environment.kubernetes),
    entry('meshtrust', run.tool),
  ]);
}

function surroundings({ profile, distribution, supply, environment }: ConformanceReport): Map<string, string> {
  // A version, not a circumstance.
  const { kubernetes: _, ...machine } = environment;
  return new Map([
    ...Object.entries({ profile, distribution, supply }),
    ...Object.entries(machine).map(([name, value]) => entry(name, String(value))),
  ]);
}

const revisionOf = ({ revision }: { revision: string }) => (revision === '' ? undefined : `revision ${revision}`);

const entry = (name: string, ...parts: (string | undefined)[]): [string, string] => [
  name,
  parts.filter((part) => part !== undefined).join(', '),
];
