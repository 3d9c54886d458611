import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Closer, Expirations } from '#expiry';

// Sessions by lease: whoever does not renew in time is logged out, once, by whichever process is there. While a renewal is
// being worked on the session cannot expire; a renewal that fails leaves the lease as it was.

export interface Sessions {
  /** Asks the account service whether the session may go on; slow, and it may refuse. */
  authorise(id: string): Promise<void>;
  readonly leaseMs: number;
}

type Answer = readonly [status: number, body: object];

/** `POST /sessions` {user} · `PUT /sessions/<id>` renews · `DELETE /sessions/<id>` logs out */
export function sessionService(expirations: Expirations, logOut: Closer, sessions: Sessions): Server {
  const lease = (data?: string) => ({
    expiresAt: Date.now() + sessions.leaseMs,
    close: logOut,
    ...(data !== undefined && { data }),
  });
  const handle = async (request: IncomingMessage): Promise<Answer> => {
    const [, resource, id = ''] = new URL(request.url ?? '/', 'http://localhost').pathname.split('/');
    if (resource !== 'sessions') return [404, { error: 'try /sessions' }];
    if (request.method === 'POST') return open(await bodyOf(request));
    if (request.method === 'PUT') return renew(id);
    if (request.method === 'DELETE')
      return (await expirations.delete(id))
        ? [200, { id, loggedOut: true }]
        : [404, { error: 'no such session' }];
    return [405, { error: 'POST, PUT or DELETE' }];
  };
  const open = async (body: string): Promise<Answer> => {
    const id = randomUUID();
    const { expiresAt, close, data = body } = lease(body);
    await expirations.create(id, expiresAt, close, { data });
    return [201, { id, expiresAt: new Date(expiresAt).toISOString() }];
  };
  const renew = async (id: string): Promise<Answer> => {
    const work = async () => {
      await sessions.authorise(id);
      return lease(id);
    };
    const renewed = await expirations.update(id, work, { refresh: true });
    if (renewed === null) return [404, { error: 'no such session: it has expired, or never was' }];
    return [200, { id, expiresAt: new Date(renewed.expiresAt).toISOString() }];
  };
  return createServer((request, response) => {
    void handle(request)
      .catch(
        (error: unknown): Answer => [403, { error: error instanceof Error ? error.message : String(error) }],
      )
      .then(([status, body]) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
