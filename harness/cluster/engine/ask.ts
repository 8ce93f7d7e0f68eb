import { deadline } from '../../common/deadlines.ts';
import { environmentFailure } from '../../common/errors.ts';
import { engineInfo, engineVersion } from './docker.ts';

/** Of what `docker info` prints, what matters here. */
export interface EngineInfo {
  ServerVersion: string;
  SecurityOptions: string[] | null;
  OSType: string;
}

/** An engine, or what docker says about there being none. */
export type Answer = { info: EngineInfo } | { info: undefined; words: string };

/** Asks for the engine. Fails where there is one that refuses this user. */
export async function askEngine(signal: AbortSignal): Promise<Answer> {
  const output = await engineInfo(patience(signal));
  signal.throwIfAborted();
  const info = parse(output.stdout);
  if (output.exitCode === 0 && info.ServerVersion !== undefined && info.ServerVersion !== '') {
    return { info: info as EngineInfo };
  }
  const words = [...(info.ServerErrors ?? []), output.stderr.trim()].filter((text) => text !== '').join('\n');
  // docker's own, of the socket; ssh begins with a capital, and is about somebody else's machine.
  if (words.includes('permission denied')) {
    throw environmentFailure('The container engine refuses this user.', {
      next: 'Add the user to the docker group (and log in again), or run as root.',
      evidence: words,
    });
  }
  return { info: undefined, words };
}

/** Fails while no engine answers. */
export async function engineAnswers(signal: AbortSignal): Promise<void> {
  await engineVersion({ signal: patience(signal) });
}

/** An engine that accepts and then says nothing would be waited for without end. */
function patience(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(deadline('engineStart'))]);
}

function parse(text: string): Partial<EngineInfo> & { ServerErrors?: string[] | null } {
  try {
    return JSON.parse(text) as Partial<EngineInfo>;
  } catch {
    return {}; // no docker, or one that was ended
  }
}
