import { describe, expect, it } from 'vitest';
import { containerdFiles } from './registry-hosts.ts';

const FOLDER = `[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "/etc/containerd/registries/certs.d"
`;

describe('containerdFiles', () => {
  it('translates mirrors in their order, a path that is not the standard one included', () => {
    const endpoint = ['http://r.example:5000', 'https://b/v2/', 'https://c/team/images'];
    const files = containerdFiles({ mirrors: { 'docker.io': { endpoint } }, configs: {} });
    expect(Object.fromEntries(files)).toEqual({
      'containerd.toml': FOLDER,
      'certs.d/docker.io/hosts.toml': `[host."http://r.example:5000/v2"]
capabilities = ["pull", "resolve"]
[host."https://b/v2/"]
capabilities = ["pull", "resolve"]
override_path = true
[host."https://c/team/images"]
capabilities = ["pull", "resolve"]
override_path = true
`,
    });
  });

  it('gives credentials to the host that is asked, in no file but one', () => {
    const files = containerdFiles({
      mirrors: {},
      configs: {
        'r:5000': { auth: { username: 'me', password: 'a "b" \\ c' } },
        'docker.io': { auth: { identity_token: 'token' } },
      },
    });
    expect(Object.fromEntries(files)).toEqual({
      'containerd.toml': `${FOLDER}[plugins."io.containerd.grpc.v1.cri".registry.configs."r:5000".auth]
username = "me"
password = "a \\"b\\" \\\\ c"
[plugins."io.containerd.grpc.v1.cri".registry.configs."registry-1.docker.io".auth]
identitytoken = "token"
`,
    });
  });

  it('puts TLS where it belongs: on the registry itself and on mirrors that speak it', () => {
    const tls = { ca_file: '/ca', cert_file: '/cert', key_file: '/key', insecure_skip_verify: true };
    const files = containerdFiles({
      mirrors: { a: { endpoint: ['http://b', 'https://b'] } },
      configs: { a: { tls: { insecure_skip_verify: true } }, b: { tls } },
    });
    const all = 'ca = "/ca"\nclient = [["/cert", "/key"]]\nskip_verify = true\n';
    const pull = 'capabilities = ["pull", "resolve"]\n';
    expect(files.get('certs.d/a/hosts.toml')).toBe(
      `skip_verify = true\n[host."http://b/v2"]\n${pull}[host."https://b/v2"]\n${pull}${all}`,
    );
    expect(files.get('certs.d/b/hosts.toml')).toBe(`${all}[host."https://b/v2"]\n${pull}${all}`);
  });

  it('knows the mirror of everything', () => {
    const files = containerdFiles({ mirrors: { '*': { endpoint: ['https://m'] } }, configs: {} });
    expect([...files.keys()]).toEqual(['containerd.toml', 'certs.d/_default/hosts.toml']);
  });

  it('refuses what only k3s can', () => {
    const registries = { mirrors: { a: { rewrite: { '^(.*)': 'x/$1' } } }, configs: {} };
    expect(() => containerdFiles(registries)).toThrow(/rewrites names at a, which only k3s can\.\nUse --supply/);
  });
});
