// How a finished folder gets to where others look for it: whole or not at all.
import { renameSync } from 'node:fs';

/**
 * Moves a folder to where there is none, or an empty one, and says whether it did. Of any number of processes at once
 * exactly one does (rename(2): a folder that holds something is never replaced).
 * @param {string} from
 * @param {string} to
 * @returns {boolean}
 */
export function moveUnlessThere(from, to) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false;
    throw error;
  }
}
