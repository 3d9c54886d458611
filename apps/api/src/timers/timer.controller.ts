import {
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ActionName, actionCommands, type CommandType, timerQuery, timerRecord } from '#contract';
import { type CommandDoor } from '../commands/command-door.js';
import { fieldsOf } from '../commands/command-wire.js';
import { Needs, type Principal, Who } from '../http/access.js';
import { type AddressParams, addressOf, timerPaths } from '../http/address.js';
import { answerCommand, answerTimer } from '../http/answer.js';
import { commandContext } from '../http/command-context.js';
import { etagOf } from '../http/preconditions.js';
import { problem } from '../http/problem-error.js';
import { read } from '../http/read.js';
import { COMMANDS, READS } from '../tokens.js';
import type { TimerReads } from './timer-reads.js';

/** One timer: read it as it is or was, change it, act on it. */
@Controller(timerPaths)
export class TimerController {
  constructor(
    @Inject(READS) private readonly reads: TimerReads,
    @Inject(COMMANDS) private readonly commands: CommandDoor,
  ) {}

  @Get()
  async get(
    @Who() who: Principal,
    @Param() params: AddressParams,
    @Query() query: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    const { at, version } = read(timerQuery, query);
    if (at !== undefined && version !== undefined)
      throw problem('bad-request', 'either at or version, not both', { field: 'at' });
    const isPast = at !== undefined || version !== undefined;
    const address = addressOf(params);
    const state = isPast
      ? await this.reads.past(who, address, { at, version })
      : await this.reads.one(who, address);
    const etag = etagOf(state.version);
    if (request.headers['if-none-match'] === etag) reply.status(304).header('etag', etag).send();
    else answerTimer(reply, timerRecord(state));
  }

  @Patch()
  @Needs('operator')
  update(
    @Who() who: Principal,
    @Param() params: AddressParams,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    const { recall, ...set } = fieldsOf(request.body);
    const fields = { set, ...(recall !== undefined && { recall }) };
    return this.#command('UpdateTimer', fields, { who, params, request, reply });
  }

  @Delete()
  @Needs('operator')
  delete(
    @Who() who: Principal,
    @Param() params: AddressParams,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    return this.#command('DeleteTimer', {}, { who, params, request, reply });
  }

  @Post(':action')
  @Needs('operator')
  @HttpCode(200)
  act(
    @Who() who: Principal,
    @Param() params: AddressParams & { readonly action: string },
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    if (!Object.hasOwn(actionCommands, params.action))
      throw problem(
        'not-found',
        `a timer knows ${Object.keys(actionCommands).join(', ')}, not ${params.action}`,
      );
    const type = actionCommands[params.action as ActionName];
    return this.#command(type, fieldsOf(request.body), { who, params, request, reply });
  }

  async #command(
    type: CommandType,
    fields: Readonly<Record<string, unknown>>,
    { who, params, request, reply }: CommandRoute,
  ): Promise<void> {
    const address = await this.reads.forCommand(who, addressOf(params));
    const result = await this.commands.call({ type, address, fields, context: commandContext(request, who) });
    answerCommand(reply, result);
  }
}

interface CommandRoute {
  readonly who: Principal;
  readonly params: AddressParams;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}
