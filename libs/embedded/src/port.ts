import { createServer } from 'node:net';

const given = new Set<number>();

/** A port of 127.0.0.1 that nobody uses at the moment, and that was not given before: whoever has it may not listen yet. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address !== 'object') reject(new Error('no port'));
        else if (given.has(address.port)) resolve(freePort());
        else {
          given.add(address.port);
          resolve(address.port);
        }
      });
    });
  });
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
