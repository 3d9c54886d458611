import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { type ReceiptWire, receiptQuery } from '#contract';
import type { CommandId, TimerId } from '#timer';
import { type Principal, Who } from '../http/access.js';
import { addressOf, type TimerAddress } from '../http/address.js';
import { problem } from '../http/problem-error.js';
import { read } from '../http/read.js';
import type { TimerReads } from '../timers/timer-reads.js';
import { READS, RECEIPTS } from '../tokens.js';
import type { Receipts } from './receipts.js';

/** Receipts: what became of a command. */
@Controller('v1/commands')
export class CommandsController {
  constructor(
    @Inject(RECEIPTS) private readonly receipts: Receipts,
    @Inject(READS) private readonly reads: TimerReads,
  ) {}

  @Get(':commandId')
  async get(
    @Who() who: Principal,
    @Param('commandId') given: string,
    @Query() query: unknown,
  ): Promise<ReceiptWire> {
    // any id that is none of a timer's either is refused in the same words
    const commandId = given.toLowerCase() as CommandId;
    if (!('timerId' in addressOf({ timerId: commandId }))) throw problem('bad-request', 'an id is a UUID');
    const { timerId, namespace, key } = read(receiptQuery, query);
    const address = targetOf(timerId as TimerId | undefined, namespace, key);
    const mayAsk = address === null || (await this.reads.maySee(who, address));
    const found = mayAsk ? await this.receipts.of(commandId, address) : null;
    if (found !== null && (await this.reads.maySee(who, found.about))) return found.receipt;
    throw problem(
      'command-not-found',
      'it was not refused within a day; to see whether it was applied, name its timer: ?timerId= or ?namespace=&key=',
      { commandId },
    );
  }
}

function targetOf(
  timerId: TimerId | undefined,
  namespace: string | undefined,
  key: string | undefined,
): TimerAddress | null {
  if (timerId !== undefined) return { timerId };
  return key === undefined ? null : { namespace: namespace ?? 'default', key };
}
