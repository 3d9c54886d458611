import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { watchQuery } from '#contract';
import { durationMs, type EpochMs } from '#timer';
import type { ApiConfig } from '../config.js';
import { type Principal, Who } from '../http/access.js';
import { read } from '../http/read.js';
import { watchedCondition } from '../timers/condition-query.js';
import { narrowedTo } from '../timers/timer-reads.js';
import { CLOCK, CONFIG, HUB } from '../tokens.js';
import type { Wish } from './group.js';
import type { WatchHub } from './hub.js';
import type { Position } from './position.js';
import { WatchStream } from './stream.js';

/** Who was let in is asked again after so long, so that a right that was taken away ends here too. */
const provenMsMax = durationMs('15m');

/** Server-sent events: what becomes of timers, as it happens. */
@Controller('v1/watch')
export class WatchController {
  constructor(
    @Inject(HUB) private readonly hub: WatchHub,
    @Inject(CONFIG) private readonly config: Pick<ApiConfig, 'WATCH_BUFFER_BYTES_MAX'>,
    @Inject(CLOCK) private readonly now: () => EpochMs,
  ) {}

  @Get()
  async watch(
    @Who() who: Principal,
    @Query() query: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const asked = read(watchQuery, query);
    const wish = {
      condition: narrowedTo(who, watchedCondition(asked)),
      withTimer: asked.include === 'timer',
    };
    const last = request.headers['last-event-id'];
    const from = typeof last === 'string' && last !== '' ? await this.hub.placeOf(last) : null;
    await this.hub.admit(from, () => this.#open(who, wish, from, reply));
  }

  #open(who: Principal, wish: Wish, from: Position | null, reply: FastifyReply): void {
    reply.hijack();
    // gone while it was let in: its stream would never hear of an end that has been
    if (reply.raw.destroyed) return;
    reply.header('content-type', 'text/event-stream');
    reply.raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'cache-control': 'no-store',
      // proxies of the nginx kind would hold messages back
      'x-accel-buffering': 'no',
    });
    reply.raw.flushHeaders();
    const stream = new WatchStream(reply.raw, this.config.WATCH_BUFFER_BYTES_MAX, (closed) =>
      this.hub.remove(closed),
    );
    if (who.name !== null)
      stream.endAfter(
        Math.max(0, Math.min(provenMsMax, (who.expiresAt ?? Number.POSITIVE_INFINITY) - this.now())),
      );
    this.hub.add(stream, wish, from);
  }
}
