// `npm run pins`: what the official files and images are now, put into the lock file, or compared with it (--check).
// It takes every file for every machine once, more than half a gigabyte, and of every image the digest only.
import { Command } from 'commander';
import { EXIT, exitCodeOf, messageOf } from '../common/errors.ts';
import { Progress } from '../common/progress.ts';
import { LOCK_FILE, readLock, writeLock } from '../supply/registry/lock.ts';
import { describeChanges, renewed, survey } from '../supply/registry/pins.ts';
import { UPSTREAM } from '../supply/registry/releases.ts';

const program = new Command('pins')
  .description('pin every file and image of --supply registry to what it is now')
  .option('--check', 'write nothing; exit code 1 if anything has changed, is not pinned or does not answer')
  .option('--lock <file>', 'another lock file', LOCK_FILE);

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
process.once('disconnect', () => stop.abort());

try {
  process.exitCode = await pins(program.parse().opts());
} catch (error) {
  process.exitCode = stop.signal.aborted ? EXIT.interrupted : exitCodeOf(error);
  if (!stop.signal.aborted) console.error(messageOf(error));
} finally {
  if (process.connected) process.disconnect();
}

async function pins({ check = false, lock: file }: { check?: boolean; lock: string }): Promise<number> {
  const old = readLock(file);
  const seen = await new Progress().phase('Ask for every file and image', (say) =>
    survey(UPSTREAM, { signal: stop.signal, say }),
  );
  const { lock, differences } = renewed(old, seen);
  for (const difference of differences) console.log(describeChanges(difference));
  for (const [name, why] of seen.silent) console.log(`no answer: ${name}\n  ${why}`);
  const count = `${Object.keys(lock.assets).length} files and ${Object.keys(lock.images).length} images`;
  if (check) {
    const isClean = differences.length === 0 && seen.silent.size === 0;
    console.log(
      isClean
        ? `${count} are what they are pinned to`
        : `${differences.length} differ from the lock, ${seen.silent.size} did not answer: \`npm run pins\` renews it`,
    );
    return isClean ? EXIT.conformant : EXIT.claimFailed;
  }
  writeLock(file, lock);
  console.log(`${count} are pinned now: ${differences.length} have changed, ${seen.silent.size} did not answer`);
  return seen.silent.size === 0 ? EXIT.conformant : EXIT.claimFailed;
}
