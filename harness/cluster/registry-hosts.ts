import { defined } from '../common/defined.ts';
import { usageFailure } from '../common/errors.ts';
import type { Registries } from './registries.ts';

/** Where our node's launcher finds the files of {@link containerdFiles}. */
export const REGISTRIES_FOLDER = '/etc/containerd/registries';

const REGISTRY = 'plugins."io.containerd.grpc.v1.cri".registry';

type Tls = NonNullable<Registries['configs'][string]['tls']>;

/**
 * What containerd 1.6 reads in place of a `registries.yaml`, as k3s would translate it: `containerd.toml`, a part of its
 * configuration with the credentials in it, and a `hosts.toml` for each registry (containerd's docs/hosts.md), by path
 * below {@link REGISTRIES_FOLDER}. Fails, exit code 2, where only k3s's own containerd would do.
 */
export function containerdFiles({ mirrors, configs }: Registries): Map<string, string> {
  const rewritten = Object.keys(mirrors).find((host) => mirrors[host]?.rewrite !== undefined);
  if (rewritten !== undefined) {
    throw usageFailure(`The registry configuration rewrites names at ${rewritten}, which only k3s can.`, {
      next: 'Use --supply registry, or leave rewrite out.',
    });
  }
  const files = new Map([['containerd.toml', credentials(configs)]]);
  for (const host of new Set([...Object.keys(mirrors), ...Object.keys(configs)])) {
    const text = hostsFile(host, mirrors[host]?.endpoint ?? [], configs);
    if (text !== '') files.set(`certs.d/${host === '*' ? '_default' : host}/hosts.toml`, text);
  }
  return files;
}

function credentials(configs: Registries['configs']): string {
  const folder = `[${REGISTRY}]\n${line('config_path', `${REGISTRIES_FOLDER}/certs.d`)}`;
  const sections = Object.entries(configs).flatMap(([host, { auth }]) => {
    if (auth === undefined) return [];
    const { identity_token: token, ...rest } = auth;
    const values = Object.entries({ ...rest, ...defined({ identitytoken: token }) });
    return [
      `[${REGISTRY}.configs.${quoted(requestedHost(host))}.auth]\n${values.map(([key, value]) => line(key, value)).join('')}`,
    ];
  });
  return [folder, ...sections].join('');
}

/** The registry itself needs no word: containerd turns to it last, with the settings above the first `[host]`. */
function hostsFile(host: string, endpoints: readonly string[], configs: Registries['configs']): string {
  const own = tlsLines(configs[host]?.tls);
  // containerd does not take a file without any `[host]`.
  const asked = endpoints.length === 0 && own !== '' ? [host] : endpoints;
  const sections = asked.map((endpoint) => {
    const [, scheme = 'https://', authority = '', path = ''] = /^(https?:\/\/)?([^/]+)(.*)$/.exec(endpoint) ?? [];
    const standard = ['', '/', '/v2'].includes(path);
    const at = `${scheme}${requestedHost(authority)}${standard ? '/v2' : path}`;
    return [
      `[host.${quoted(at)}]\n`,
      'capabilities = ["pull", "resolve"]\n',
      standard ? '' : 'override_path = true\n',
      // With such a setting containerd would speak TLS to a plain port first.
      scheme === 'https://' ? tlsLines(configs[authority]?.tls) : '',
    ].join('');
  });
  return sections.length === 0 ? '' : [own, ...sections].join('');
}

function tlsLines(tls: Tls | undefined): string {
  const { ca_file: ca, cert_file: certificate, key_file: key, insecure_skip_verify: skip } = tls ?? {};
  const pair = [certificate, key].filter((file) => file !== undefined);
  return [
    ca === undefined ? '' : line('ca', ca),
    pair.length === 0 ? '' : `client = [[${pair.map(quoted).join(', ')}]]\n`,
    skip === true ? 'skip_verify = true\n' : '',
  ].join('');
}

/** The host that is asked for what is named after Docker Hub. */
const requestedHost = (host: string) => (host === 'docker.io' ? 'registry-1.docker.io' : host);

/** A string of TOML is one of JSON, but for U+007F. */
const quoted = (value: string) => JSON.stringify(value).replaceAll('\u007f', '\\u007f');
const line = (key: string, value: string) => `${key} = ${quoted(value)}\n`;
