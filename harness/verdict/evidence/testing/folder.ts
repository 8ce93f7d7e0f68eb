import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ReportFolder } from '../folder.ts';

/** A folder for the reports of tests, which nobody else has anything in. */
export const folderAt = (path: string): ReportFolder => ({
  write: async (name, content) => {
    await mkdir(dirname(join(path, name)), { recursive: true });
    try {
      await writeFile(join(path, name), content, { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  },
  read: (name) => readFile(join(path, name), 'utf8').catch(() => undefined),
});
