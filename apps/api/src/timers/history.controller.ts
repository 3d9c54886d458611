import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { type HistoryPageWire, historyQuery, momentText, pageLimitDefault } from '#contract';
import type { HistoryEntry } from '#engine';
import { eventToJson } from '#timer';
import { type Principal, Who } from '../http/access.js';
import { type AddressParams, addressOf, timerPaths } from '../http/address.js';
import { read } from '../http/read.js';
import { READS } from '../tokens.js';
import type { TimerReads } from './timer-reads.js';

/** What happened to a timer, also after it was deleted. */
@Controller(timerPaths)
export class HistoryController {
  constructor(@Inject(READS) private readonly reads: TimerReads) {}

  @Get('events')
  async events(
    @Who() who: Principal,
    @Param() params: AddressParams,
    @Query() query: unknown,
  ): Promise<HistoryPageWire> {
    const { after, limit = pageLimitDefault, from, to } = read(historyQuery, query);
    const range = {
      ...(after !== undefined && { afterVersion: after }),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { before: to }),
    };
    const { entries, hasMore } = await this.reads.history(who, addressOf(params), range, limit);
    const next = entries.at(-1)?.version;
    return { events: entries.map(eventOf), ...(hasMore && next !== undefined && { next }) };
  }
}

function eventOf({
  version,
  recordedAt,
  commandId,
  event,
  meta,
}: HistoryEntry): HistoryPageWire['events'][number] {
  const { source, actor } = meta;
  return {
    version,
    type: event.type,
    recordedAt: momentText(recordedAt),
    ...(commandId !== null && { commandId }),
    ...(source !== undefined && { source: { ...source, offset: source.offset.toString() } }),
    ...(actor !== undefined && { actor }),
    data: JSON.parse(eventToJson(event)) as Record<string, unknown>,
  };
}
