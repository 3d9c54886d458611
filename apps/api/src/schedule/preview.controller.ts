import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import {
  changeWire,
  outlookWire,
  type PreviewAnswerWire,
  previewEnvelope,
  type Supposed,
  supposedChange,
  supposedTimer,
} from '#contract';
import { type EpochMs, preview, previewChange, type TimerId } from '#timer';
import { fieldsOf } from '../commands/command-wire.js';
import { type Principal, Who } from '../http/access.js';
import { refusal } from '../http/problem-error.js';
import { read } from '../http/read.js';
import type { TimerReads } from '../timers/timer-reads.js';
import { CLOCK, READS } from '../tokens.js';

/** What a timer, or a change of one, would do. Nothing is changed. */
@Controller('v1/preview')
export class PreviewController {
  constructor(
    @Inject(READS) private readonly reads: TimerReads,
    @Inject(CLOCK) private readonly now: () => EpochMs,
  ) {}

  @Post()
  @HttpCode(200)
  async preview(@Who() who: Principal, @Body() body: unknown): Promise<PreviewAnswerWire> {
    const given = fieldsOf(body);
    const { timerId, count, from = this.now() } = read(previewEnvelope, given);
    if (timerId === undefined)
      return outlookWire(preview(accepted(supposedTimer(fieldsOf(given.timer), from)).spec, { count, from }));
    const state = await this.reads.one(who, { timerId: timerId as TimerId });
    const change = previewChange(state, accepted(supposedChange(given.set ?? {})), { count, from });
    if (!change.ok) throw refusal(change.rejection);
    return changeWire(change);
  }
}

/** @throws ProblemError in the words of the command */
function accepted<T>(supposed: Supposed<T>): T {
  if (!supposed.ok) throw refusal(supposed.rejection);
  return supposed.value;
}
