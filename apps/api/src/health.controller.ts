import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Readiness } from '#runtime';
import { Public } from './http/access.js';
import { READINESS } from './tokens.js';

/** `/health/live` answers while the process does; `/health/ready` when it can do its work. */
@Controller('health')
@Public()
export class HealthController {
  constructor(@Inject(READINESS) private readonly ready: Readiness) {}

  @Get('live')
  live() {
    return { status: 'ok' };
  }

  @Get('ready')
  async readiness(@Res() reply: FastifyReply) {
    const reason = await Promise.resolve()
      .then(() => this.ready())
      .catch((error: unknown) => String(error));
    reply
      .status(reason === null ? 200 : 503)
      .send(reason === null ? { status: 'ok' } : { status: 'not ready', reason });
  }
}
