import { environmentFailure } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { run, tryRun } from '../process.ts';
import { installEngine } from './install.ts';
import { startEngine } from './daemon.ts';

export interface Engine {
  /** Version of the server, with where it came from, for the report. */
  description: string;
}

interface EngineInfo {
  ServerVersion: string;
  SecurityOptions: string[] | null;
  OSType: string;
}

/**
 * Finds the container engine or, on Debian and Ubuntu as root, installs and starts one. An engine that already runs
 * is used as it is: never restarted, never reconfigured.
 */
export async function ensureEngine(progress: Progress, signal: AbortSignal): Promise<Engine> {
  const running = await engineInfo();
  if (running !== undefined) return accept(running, 'found running');
  const configured = process.env['DOCKER_HOST'];
  if (configured !== undefined) {
    throw environmentFailure(`No container engine answers at DOCKER_HOST=${configured}.`, {
      next: 'Start it, or unset DOCKER_HOST to use the engine of this machine.',
    });
  }
  assertMayStart();
  await installEngine(progress, signal);
  await progress.phase('Start the container engine', () => startEngine(engineAnswers, signal));
  const started = await engineInfo();
  if (started === undefined) throw environmentFailure('The container engine stopped right after it had started.');
  return accept(started, 'started by meshtrust');
}

function accept(info: EngineInfo, how: string): Engine {
  if (info.OSType !== 'linux') {
    throw environmentFailure(`The container engine runs ${info.OSType} containers.`, {
      next: 'Switch it to Linux containers and run the command again.',
    });
  }
  if (info.SecurityOptions?.some((option) => option.includes('name=rootless')) === true) {
    throw environmentFailure('The container engine is rootless: it cannot run the privileged container of a node.', {
      next: 'Point DOCKER_HOST at a rootful engine.',
    });
  }
  return { description: `Docker ${info.ServerVersion} (${how})` };
}

function assertMayStart(): void {
  const root = process.getuid?.() === 0;
  if (process.platform === 'linux' && root) return;
  throw environmentFailure('No container engine answers (docker info).', {
    next:
      process.platform === 'linux'
        ? 'Start Docker, add this user to its group, or run as root on Debian or Ubuntu to have it installed.'
        : 'Start Docker Desktop, Colima or another Docker engine and run the command again.',
  });
}

async function engineInfo(): Promise<EngineInfo | undefined> {
  const output = await tryRun(['docker', 'info', '--format', '{{json .}}']);
  if (output.exitCode !== 0) return undefined;
  const info = JSON.parse(output.stdout) as Partial<EngineInfo> & { ServerErrors?: string[] };
  if (info.ServerVersion === undefined || info.ServerVersion === '') {
    const denied = info.ServerErrors?.find((message) => message.includes('permission denied'));
    if (denied !== undefined) {
      throw environmentFailure('The container engine refuses this user.', {
        next: 'Add the user to the docker group (and log in again), or run as root.',
        evidence: denied,
      });
    }
    return undefined;
  }
  return info as EngineInfo;
}

async function engineAnswers(): Promise<void> {
  await run(['docker', 'version', '--format', '{{.Server.Version}}']);
}
