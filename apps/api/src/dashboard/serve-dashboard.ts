import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Where the build puts the dashboard, seen from this file's own place in the build. */
const siteDir = (): string => fileURLToPath(new URL('../../../dashboard/site', import.meta.url));

/** The dashboard at `/`: files alone. Their names change with what is in them, but for the page itself. */
export async function serveDashboard(app: NestFastifyApplication, root = siteDir()): Promise<void> {
  // the sources run without a build in specs
  if (!existsSync(root)) return;
  await app.register(fastifyStatic, {
    root,
    serve: false,
    decorateReply: true,
  });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/', (_request, reply) => reply.sendFile('index.html', { cacheControl: false }));
  fastify.get<{ Params: { file: string } }>('/dashboard/:file', ({ params }, reply) =>
    reply.sendFile(`dashboard/${params.file}`, { immutable: true, maxAge: '365d' }),
  );
}
