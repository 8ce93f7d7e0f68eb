import { stringify } from 'yaml';
import type { ConformanceReport } from './model.ts';

/**
 * The report as YAML, in the order of the model; parsing it gives the same report back, with readers of YAML 1.1 (which
 * take unquoted times for dates) too.
 */
export function renderYaml(report: ConformanceReport): string {
  return stringify(report, { lineWidth: 120, aliasDuplicateObjects: false, compat: 'yaml-1.1' });
}
