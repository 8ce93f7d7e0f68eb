import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { createServer, type Server, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRoot, type Credential, issueLeaf } from '../verdict/trust/issue.ts';
import { DirectReach, lookFromOutside } from './proxy-certificates.ts';
import type { ProxyPod } from './proxy-pods.ts';

let root: Credential;
let leaf: Credential;
beforeAll(async () => {
  root = await createRoot({ commonName: 'Root' });
  leaf = await issueLeaf(root, { spiffeId: 'spiffe://cluster.local/ns/shop/sa/cart' });
});

const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

/** A port that presents a certificate as a STRICT sidecar does: it wants the client's as well. */
async function present({ chain, privateKey }: Credential, more: TlsOptions = {}): Promise<number> {
  const cert = chain.map(({ pem }) => pem).join('');
  const options = { cert, key: privateKey.pem(), requestCert: true, ca: root.certificate.pem, ...more };
  const server = createServer({ ...options, ALPNProtocols: ['istio-http/1.1'] });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const proxy = (appPort: number | undefined, more: Partial<ProxyPod> = {}) =>
  ({ kind: 'sidecar', podIp: '127.0.0.1', appPort, notServing: undefined, ...more }) as ProxyPod;

describe('lookFromOutside', () => {
  it('sees what a sidecar presents, and takes its ConfigMap for what it trusts', async () => {
    const held = await lookFromOutside(proxy(await present(leaf)), [root.certificate], new DirectReach());
    expect(held).toMatchObject({ seenBy: 'handshake', problem: undefined, roots: [{ subject: 'CN=Root' }] });
    expect(held.chain?.map(({ subject, uris }) => uris[0] ?? subject)).toEqual([
      'spiffe://cluster.local/ns/shop/sa/cart',
      'CN=Root',
    ]);
  });

  it.each([undefined, []])('says when what it trusts was not seen: %j', async (bundle) => {
    const held = await lookFromOutside(proxy(await present(leaf)), bundle, new DirectReach());
    expect(held).toMatchObject({ seenBy: 'handshake', problem: 'what it trusts was not seen', roots: undefined });
  });

  it('does not take just any TLS server for a sidecar, such as a middlebox', async () => {
    const port = await present(root);
    const { seenBy, problem, chain } = await lookFromOutside(proxy(port), [root.certificate], new DirectReach());
    const said = `127.0.0.1:${port} presents a certificate that is not a workload's`;
    expect([seenBy, problem, chain]).toEqual(['none', said, undefined]);
  });

  it('gives the reason of a handshake that fails, without the paths of OpenSSL’s sources', async () => {
    const port = await present(leaf, { maxVersion: 'TLSv1.2', ciphers: 'AES256-SHA' });
    const { problem } = await lookFromOutside(proxy(port), [], new DirectReach());
    expect(problem).toMatch(new RegExp(`^no mutual TLS at 127\\.0\\.0\\.1:${port}: [a-z/0-9 ]+$`));
  });

  it.each([
    ['a gateway', proxy(1, { kind: 'gateway' }), /through a port-forward/],
    ['a pod without a port', proxy(undefined), /names no port/],
    ['a pod without an address', proxy(1, { podIp: undefined }), /names no port/],
    ['a pod that is not Ready', proxy(1, { notServing: 'the pod is Pending' }), /^the pod is Pending$/],
  ])('does not try %s', async (_, one, problem) => {
    const held = await lookFromOutside(one, [], new DirectReach());
    expect(held.seenBy).toBe('none');
    expect(held.problem).toMatch(problem);
  });

  it('gives up where no address leads anywhere, but not after one that did', async () => {
    const closed = createTcpServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const tried = async (reach: DirectReach) => {
      const problems: (string | undefined)[] = [];
      for (let time = 0; time < 4; time++) problems.push((await lookFromOutside(proxy(port), [], reach)).problem);
      return problems.map((problem) => problem?.replace(/:.*/, ''));
    };
    const refused = 'no mutual TLS at 127.0.0.1';
    const hopeless = 'pod addresses cannot be reached from here';
    expect(await tried(new DirectReach())).toEqual([refused, refused, refused, hopeless]);
    const reach = new DirectReach();
    reach.note(true);
    expect(await tried(reach)).toEqual([refused, refused, refused, refused]);
  });
});
