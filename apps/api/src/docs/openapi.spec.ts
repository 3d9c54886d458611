import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionRequests } from '#contract';
import { rejectionCodes } from '#timer';
import { openWorld, type World } from '../spec-dsl.js';

interface Operation {
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const get = (url: string) => world.app.inject({ method: 'GET', url });
const document = async (): Promise<Document> => JSON.parse((await get('/openapi.json')).body) as Document;

describe('/openapi.json', () => {
  it('is a valid OpenAPI 3.1 document', async () => {
    const validator = new Validator();
    const result = await validator.validate((await get('/openapi.json')).json());
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });
  it('has every route that is served, and no other', async () => {
    const served = routesOf(world.app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false }));
    const told = Object.entries((await document()).paths).flatMap(([path, operations]) =>
      Object.keys(operations).map(
        (method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      ),
    );
    const actions = told.filter((route) => /^POST .*:(timerId|key)\/\w+$/.test(route));
    expect(actions).toHaveLength(2 * Object.keys(actionRequests).length);
    const plain = told.filter((route) => !actions.includes(route));
    const generic = [
      'POST /v1/timers/:timerId/:action',
      'POST /v1/namespaces/:namespace/timers/:key/:action',
    ];
    expect([...plain, ...generic].sort()).toEqual(served.filter((route) => / \/v1\//.test(route)).sort());
  });
  it('tells the problems of every route', async () => {
    for (const [path, operations] of Object.entries((await document()).paths))
      for (const [method, { responses }] of Object.entries(operations))
        expect(responses['500']?.description, `${method} ${path}`).toContain('`internal`');
  });
  it('tells every refusal of a command somewhere', async () => {
    const text = JSON.stringify(await document());
    expect(rejectionCodes.filter((code) => !text.includes(`\`${code}\``))).toEqual([]);
  });
});

describe('/docs', () => {
  it('is a page of this server alone', async () => {
    const page = await get('/docs');
    expect(page.headers['content-type']).toContain('text/html');
    const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
    expect(assets.length).toBeGreaterThan(3);
    for (const url of assets) expect([url, (await get(url)).statusCode]).toEqual([url, 200]);
    expect(page.body).not.toMatch(/https?:|<script>|style=/);
  });
});

describe('the schemas of messages', () => {
  it('are served one by one', async () => {
    expect((await get('/schemas/CreateTimer.json')).json()).toMatchObject({ title: 'CreateTimer' });
    expect((await get('/schemas/EventClosed.json')).json()).toMatchObject({ title: 'EventClosed' });
    expect((await get('/schemas/Nothing.json')).statusCode).toBe(404);
  });
  it('are told together as AsyncAPI', async () => {
    expect((await get('/asyncapi.json')).json()).toMatchObject({ asyncapi: '3.0.0' });
  });
});

/** Fastify's own tree of routes, as `METHOD /path`. */
function routesOf(tree: string): string[] {
  const routes: string[] = [];
  const path: { depth: number; part: string }[] = [];
  for (const line of tree.split('\n')) {
    const match = /^([│ ]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/.exec(line);
    if (match === null) continue;
    const [, indent = '', part = '', methods = ''] = match;
    while ((path.at(-1)?.depth ?? -1) >= indent.length) path.pop();
    path.push({ depth: indent.length, part });
    for (const method of methods.split(', ').filter((name) => !['', 'HEAD', 'OPTIONS'].includes(name)))
      routes.push(`${method} ${path.map((step) => step.part).join('')}`);
  }
  return routes;
}
