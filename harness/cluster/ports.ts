import { createServer } from 'node:net';
import { environmentFailure } from '../common/errors.ts';

/** A port on 127.0.0.1 that is free now; `wanted` 0 lets the system choose. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${error.message})`;
      reject(
        environmentFailure(`Port ${wanted} on 127.0.0.1 ${why}.`, {
          next: 'Free it, or leave `ports` out of the configuration to have a free one chosen.',
        }),
      );
    });
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
