import { ADD_ONS } from '../lab/mesh/add-ons.ts';
import { installerOf } from '../lab/mesh/installers/installers.ts';
import { PLANES } from '../observations/planes.ts';
import { SUPPLIES } from '../supply/open.ts';
import type { Plan } from './plan.ts';
import { inColumns } from '../verdict/report/columns.ts';

/** For a lab of a k3d cluster, from nothing to both planes and back to nothing, as measured on two cores. */
const LAB_MINUTES = 1.5;

/** What a run would do, for people: what it would make, get and judge, and about how long that takes. */
export function describePlan(plan: Plan): string {
  const {
    settings,
    distribution,
    supply,
    groups = [],
    needs: { addOns, olderVersion },
  } = plan;
  const count = groups.reduce((sum, { claims }) => sum + claims.length, 0);
  const minutes = groups.reduce((sum, group) => sum + group.minutes, LAB_MINUTES);
  const rows = [
    ['cluster', clusterOf(plan)],
    ['distribution', distribution.name],
    ...PLANES.map((plane) => [`${plane} plane`, planeOf(plan, plane)]),
    ...addOns.map((name) => ['add-on', `${name}, in namespace ${ADD_ONS[name].namespace}`]),
    ['supply', `${supply.kind} (${supply.reason})`],
    [
      'parts',
      plan.bundle === undefined ? SUPPLIES[supply.kind].missing(plan.istioVersions, addOns) : 'all in the bundle',
    ],
    ['report', settings.out ?? 'a new folder below ./reports'],
    ['time', `about ${Math.ceil(minutes)} min on two cores, once all parts are there`],
    [
      'claims',
      `${count} of profile ${settings.profile}${olderVersion ? ', with planes of an older version first' : ''}`,
    ],
  ];
  return [
    ...inColumns(rows),
    ...groups.flatMap(({ name, title, claims }) => [
      '',
      `${name}: ${title}`,
      ...claims.map(({ id, level }) => `  ${id}${level === 'core' ? '' : ` (${level})`}`),
    ]),
    '',
    'Nothing was touched.',
  ].join('\n');
}

function clusterOf({ settings: { cluster, kubeconfig, k3d, keep } }: Plan): string {
  if (cluster === 'k3d') {
    const nodes = k3d.agents + 1;
    return `a new one of k3d, ${nodes} node${nodes === 1 ? '' : 's'}${keep ? ', which stays up' : ', removed at the end'}`;
  }
  const { context, server, file } = kubeconfig;
  const which = context === undefined ? (server ?? 'the current context') : `context ${context}`;
  return `one that is there: ${which}${file === undefined ? '' : ` of ${file}`}; what is made in it goes again, what is changed is put back`;
}

function planeOf({ settings, distribution, needs }: Plan, plane: (typeof PLANES)[number]): string {
  const { namespace, revision } = distribution.planes[plane];
  const own = settings.planes[plane];
  const { name, isOthers } = installerOf(own);
  const where = `namespace ${namespace}${revision === '' ? '' : `, revision ${revision}`}`;
  if (isOthers) return `as it is there (${where})`;
  const version = own.version ?? settings.istioVersion;
  return `Istio ${needs.olderVersion ? `${settings.upgrade.from}, upgraded to ${version}` : version} by ${name} (${where})`;
}
