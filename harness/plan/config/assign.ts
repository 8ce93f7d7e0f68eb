import { Document, parse } from 'yaml';
import { messageOf, usageFailure } from '../../common/errors.ts';
import { merge } from '../../lab/mesh/distribution.ts';
import { parseSettings } from './load.ts';
import type { PartialSettings } from './settings.ts';

/**
 * Settings from assignments such as `planes.mesh.tag=3.2.0`, the later winning; a value is YAML, as in the file. Fails,
 * exit code 2, for what the file could not say either.
 */
export function assignedSettings(assignments: readonly string[]): PartialSettings {
  return assignments.map(assigned).reduce<PartialSettings>(merge, {});
}

function assigned(assignment: string): PartialSettings {
  const [, path, text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  if (path === undefined || text === undefined) {
    throw usageFailure(`--set ${assignment} assigns nothing.`, {
      next: 'Write it as KEY=VALUE, for example planes.mesh.tag=3.2.0.',
    });
  }
  const document = new Document({});
  try {
    document.setIn(path.split('.'), parse(text));
  } catch (error) {
    throw usageFailure(`--set ${assignment} is not YAML behind the equals sign: ${messageOf(error)}`, { cause: error });
  }
  return parseSettings(document.toString(), `--set ${assignment}`).settings;
}
