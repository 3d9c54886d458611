import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import {
  firesDefault,
  nextQuery,
  type OutlookWire,
  outlookWire,
  type WhyAnswerWire,
  whyQuery,
  whyWire,
} from '#contract';
import { durationMs, type EpochMs, preview, whyBetween } from '#timer';
import { type Principal, Who } from '../http/access.js';
import { type AddressParams, addressOf, timerPaths } from '../http/address.js';
import { problem } from '../http/problem-error.js';
import { read } from '../http/read.js';
import type { TimerReads } from '../timers/timer-reads.js';
import { CLOCK, READS } from '../tokens.js';
import { historySince } from './history-since.js';

const whyDefaultMs = durationMs('1d');

/** When a timer fires next, and why it did or did not fire before. */
@Controller(timerPaths)
export class ScheduleController {
  constructor(
    @Inject(READS) private readonly reads: TimerReads,
    @Inject(CLOCK) private readonly now: () => EpochMs,
  ) {}

  @Get('next')
  async next(
    @Who() who: Principal,
    @Param() params: AddressParams,
    @Query() query: unknown,
  ): Promise<OutlookWire> {
    const { count = firesDefault } = read(nextQuery, query);
    const state = await this.reads.one(who, addressOf(params));
    return outlookWire(preview(state, { count, from: this.now() }));
  }

  @Get('why')
  async why(
    @Who() who: Principal,
    @Param() params: AddressParams,
    @Query() query: unknown,
  ): Promise<WhyAnswerWire> {
    const now = this.now();
    const { to = now, from = (to - whyDefaultMs) as EpochMs } = read(whyQuery, query);
    if (from > to) throw problem('bad-request', 'from lies after to', { field: 'from' });
    const told = await historySince(this.reads, who, addressOf(params), from);
    return whyWire(from, to, whyBetween({ from, to, now, ...told }));
  }
}
