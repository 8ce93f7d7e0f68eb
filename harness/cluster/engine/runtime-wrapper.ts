import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixture } from '../../common/paths.ts';

/**
 * Flags of dockerd. Where CAP_SYS_RESOURCE is missing from the bounding set (some sandboxes and nested containers),
 * runc cannot start a privileged container: a wrapper takes the capability out of the specification first.
 */
export function runtimeFlags(home: string): string[] {
  if (hasCapability(24)) return [];
  const wrapper = join(home, 'runc-without-sys-resource');
  writeFileSync(wrapper, readFileSync(fixture('engine', 'runc-without-sys-resource')));
  chmodSync(wrapper, 0o755);
  return ['--add-runtime', `restricted=${wrapper}`, '--default-runtime', 'restricted'];
}

function hasCapability(bit: number): boolean {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return bounding === undefined || (BigInt(`0x${bounding}`) & (1n << BigInt(bit))) !== 0n;
}
