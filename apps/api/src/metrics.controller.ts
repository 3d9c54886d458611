import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from './http/access.js';
import type { ApiMetrics } from './metrics.js';
import { METRICS } from './tokens.js';

/** Open as `/health` is: it names routes and counts, and no timer. */
@Controller('metrics')
@Public()
export class MetricsController {
  constructor(@Inject(METRICS) private readonly metrics: ApiMetrics) {}

  @Get()
  get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    reply.hijack();
    this.metrics.page.answer(request.raw, reply.raw);
  }
}
