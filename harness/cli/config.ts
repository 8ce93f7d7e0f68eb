import { explainSettings } from '../plan/config/explain.ts';
import type { PartialSettings } from '../plan/config/settings.ts';
import { EXIT } from '../common/errors.ts';

/** `meshtrust config print`: what a run with these flags would do, and why. */
export function configPrintCommand(file: string | undefined, flags: PartialSettings): number {
  process.stdout.write(explainSettings(file, flags));
  return EXIT.conformant;
}
