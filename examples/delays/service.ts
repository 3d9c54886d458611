import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type DelayQueue, failed, ok, retry, type Trigger } from '#delays';

// A service that posts to a URL at a time. Anything but 200 is tried again, later each time; what is given up can be seen
// and redriven.

interface Post {
  readonly url: string;
  readonly body: string;
}

const postTimeoutMs = 5_000;

/** The trigger: one POST a run. */
export const post: Trigger = async (event, { signal }) => {
  const { url, body } = event.json() as Post;
  if (!URL.canParse(url)) return failed(`no URL: ${url}`);
  const headers = { 'content-type': 'application/json', 'idempotency-key': event.eventId };
  const { status } = await fetch(url, {
    method: 'POST',
    headers,
    body,
    signal: AbortSignal.any([signal, AbortSignal.timeout(postTimeoutMs)]),
  });
  return status === 200 ? ok() : retry({ error: `${url} answered ${status}` });
};

type Answer = readonly [status: number, body: unknown];
type Route = (queue: DelayQueue, id: string, body: string) => Promise<Answer>;

const routes: Readonly<Record<string, Route>> = {
  'POST /posts': async (queue, _id, body) => {
    const { url, body: content = '', at, afterMs = 0, id } = JSON.parse(body);
    const time = at ?? Date.now() + afterMs;
    return [
      201,
      { id: await queue.create('post', time, { url, body: content }, id === undefined ? {} : { id }) },
    ];
  },
  'DELETE /posts': async (queue, id) => [200, { found: await queue.cancel(id) }],
  'GET /given-up': async (queue) => [200, await queue.listGivenUp()],
  'POST /given-up': async (queue, id) => ((await queue.redrive(id)) ? [202, { id }] : [404, { id }]),
  'GET /stat': async (queue) => [200, queue.getStat()],
};

/** `POST /posts` {url, body, at | afterMs, id?} · `DELETE /posts/<id>` · `GET /given-up` · `POST /given-up/<id>` · `GET /stat` */
export function delayService(queue: DelayQueue): Server {
  return createServer((request, response) => {
    void handle(queue, request)
      .catch(
        (error: unknown): Answer => [400, { error: error instanceof Error ? error.message : String(error) }],
      )
      .then(([status, body]) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
  });
}

async function handle(queue: DelayQueue, request: IncomingMessage): Promise<Answer> {
  const [, resource = '', id = ''] = new URL(request.url ?? '/', 'http://localhost').pathname.split('/');
  const route = routes[`${request.method} /${resource}`];
  if (route === undefined) return [404, { error: `try ${Object.keys(routes).join(', ')}` }];
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return route(queue, decodeURIComponent(id), Buffer.concat(chunks).toString('utf8'));
}
