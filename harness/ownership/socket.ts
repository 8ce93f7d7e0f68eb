import { lstatSync, rmSync } from 'node:fs';

/** Removes the socket that a killed daemon has left; what is not a socket stays. That it is dead is for the caller to know. */
export function removeSocket(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(path);
}
