import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { createServer as createProxy, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRoot, issueLeaf } from '../../verdict/trust/issue.ts';

/** Hosts of the internet, as processes see them that are started with this environment. */
export interface StartedInternet extends AsyncDisposable {
  /** Leads all requests here, and has Node believe the certificates shown. */
  readonly env: Record<string, string>;
}

/**
 * Stands in for hosts of the internet under their own names: a proxy on 127.0.0.1 behind which whoever is asked for has
 * a certificate, of a CA made for this. `answer` sees every request, whose `host` header says whom it is for.
 */
export async function startInternet(hosts: readonly string[], answer: RequestListener): Promise<StartedInternet> {
  const root = await createRoot({ commonName: 'Internet' });
  const leaf = await issueLeaf(root, {
    spiffeId: 'spiffe://internet/ns/default/sa/all',
    alternativeNames: hosts.map((value) => ({ form: 'dns', value })),
  });
  const web = createServer({ cert: leaf.chain.map(({ pem }) => pem).join(''), key: leaf.privateKey.pem() }, answer);
  const proxy = createProxy();
  const sockets = new Set<Socket>();
  // RFC 9110, 9.3.6: what comes after the answer is the client's talk with the host.
  proxy.on('connect', (_request, socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    web.emit('connection', socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const folder = await mkdtempDisposable(join(tmpdir(), 'meshtrust-internet-'));
  const ca = join(folder.path, 'ca.pem');
  await writeFile(ca, root.certificate.pem);
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return {
    env: { HTTPS_PROXY: url, https_proxy: url, NO_PROXY: '', no_proxy: '', NODE_EXTRA_CA_CERTS: ca },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
      await folder.remove();
    },
  };
}
