import { Body, Controller, Get, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  countRequest,
  createsAtOnceMax,
  listQuery,
  pageLimitDefault,
  queryRequest,
  type TimerCountWire,
  timerRecord,
} from '#contract';
import type { TimerPage } from '#engine';
import type { CommandDoor } from '../commands/command-door.js';
import { fieldsOf } from '../commands/command-wire.js';
import { Needs, type Principal, Who } from '../http/access.js';
import { answerCommand } from '../http/answer.js';
import { commandContext } from '../http/command-context.js';
import { read } from '../http/read.js';
import { COMMANDS, READS } from '../tokens.js';
import { conditionOf, readCondition } from './condition-query.js';
import { createMany, newTimerCall } from './create-many.js';
import type { TimerReads } from './timer-reads.js';

/** What each timer may hold is read as its command, so that one that is refused refuses no other. */
const envelope = z.strictObject({ timers: z.array(z.unknown()).min(1).max(createsAtOnceMax) });

/** Timers as a collection: list, count, make. */
@Controller('v1/timers')
export class TimersController {
  constructor(
    @Inject(READS) private readonly reads: TimerReads,
    @Inject(COMMANDS) private readonly commands: CommandDoor,
  ) {}

  @Get()
  async list(@Who() who: Principal, @Query() query: unknown) {
    const { order, limit = pageLimitDefault, after = null, ...parts } = read(listQuery, query);
    return pageAnswer(
      await this.reads.list(who, conditionOf(parts), { limit, after, ...(order !== undefined && { order }) }),
    );
  }

  @Post('query')
  @HttpCode(200)
  async query(@Who() who: Principal, @Body() body: unknown) {
    const { condition, ...rest } = fieldsOf(body);
    const { order, limit, after = null } = read(queryRequest, rest);
    const page = { limit, after, ...(order !== undefined && { order }) };
    return pageAnswer(await this.reads.list(who, readCondition(condition ?? {}), page));
  }

  @Post('count')
  @HttpCode(200)
  count(@Who() who: Principal, @Body() body: unknown): Promise<TimerCountWire> {
    const { condition, ...rest } = fieldsOf(body);
    const { max } = read(countRequest, rest);
    return this.reads.count(who, readCondition(condition ?? {}), max);
  }

  @Post()
  @Needs('operator')
  async create(@Who() who: Principal, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const call = newTimerCall(request.body, commandContext(request, who));
    await this.reads.forCommand(who, call.address);
    answerCommand(reply, await this.commands.call(call), 201);
  }

  @Post('batch')
  @Needs('operator')
  @HttpCode(207)
  async createMany(@Who() who: Principal, @Req() request: FastifyRequest) {
    const { timers } = read(envelope, request.body);
    return createMany(timers, commandContext(request, who), async (call) => {
      await this.reads.forCommand(who, call.address);
      return this.commands.call(call);
    });
  }
}

const pageAnswer = ({ timers, next }: TimerPage) => ({
  timers: timers.map(timerRecord),
  ...(next !== null && { next }),
});
