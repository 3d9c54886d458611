import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import {
  changeWire,
  commandBytesMax,
  outlookWire,
  type PreviewAnswerWire,
  parseCommand,
  previewEnvelope,
} from '#contract';
import { decide, type EpochMs, preview, previewChange, type TimerId, type TimerSpec } from '#timer';
import { fieldsOf } from '../commands/command-wire.js';
import { type Principal, Who } from '../http/access.js';
import { refusal } from '../http/problem-error.js';
import { read } from '../http/read.js';
import type { TimerReads } from '../timers/timer-reads.js';
import { CLOCK, READS } from '../tokens.js';

/** Of commands that are only thought of. */
const id = '00000000-0000-8000-8000-000000000000';

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
    if (timerId === undefined) return outlookWire(preview(specOf(given.timer, from), { count, from }));
    const state = await this.reads.one(who, { timerId: timerId as TimerId });
    const change = previewChange(state, changeOf(given.set ?? {}), { count, from });
    if (!change.ok) throw refusal(change.rejection);
    return changeWire(change);
  }
}

function specOf(timer: unknown, now: EpochMs): TimerSpec {
  const { namespace = 'default', key = 'preview', ...rest } = fieldsOf(timer);
  const command = commandOf({ type: 'CreateTimer', namespace, key, timer: rest });
  if (command.type !== 'CreateTimer') throw new Error('a new timer was read as something else');
  const decision = decide(null, { ...command, timerId: id as TimerId }, now);
  if (!decision.ok) throw refusal(decision.rejection);
  const [created] = decision.events;
  if (created?.type !== 'TimerCreated') throw new Error('a new timer begins with TimerCreated');
  return created.spec;
}

function changeOf(set: unknown) {
  const command = commandOf({ type: 'UpdateTimer', timerId: id, set });
  if (command.type !== 'UpdateTimer') throw new Error('a change was read as something else');
  return command.set;
}

function commandOf(wire: object) {
  const value = Buffer.from(JSON.stringify({ id, ...wire }));
  const parsed = parseCommand({ key: null, value }, commandBytesMax);
  if (!parsed.ok) throw refusal(parsed.rejection);
  return parsed.command;
}
