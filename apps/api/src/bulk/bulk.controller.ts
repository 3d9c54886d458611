import { Controller, Delete, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type BulkAnswerWire, bulkRequest } from '#contract';
import { type Bulk, type BulkId, type BulkStore, previewBulk } from '#engine';
import type { EpochMs } from '#timer';
import { idFor } from '../commands/command-wire.js';
import { Needs, type Principal, Who } from '../http/access.js';
import { commandContext } from '../http/command-context.js';
import { problem } from '../http/problem-error.js';
import { read } from '../http/read.js';
import { narrowedTo, type TimerReads } from '../timers/timer-reads.js';
import { BULKS, CLOCK, READS } from '../tokens.js';
import { actionOf, bulkWire, refusalsWire } from './bulk-wire.js';

export const recentMax = 100;

/** One wish for all timers of a condition, worked off page by page by whichever api process has time. */
@Controller('v1/bulk')
@Needs('operator')
export class BulkController {
  constructor(
    @Inject(BULKS) private readonly bulks: BulkStore,
    @Inject(READS) private readonly reads: TimerReads,
    @Inject(CLOCK) private readonly now: () => EpochMs,
  ) {}

  @Post()
  async begin(@Who() who: Principal, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const asked = read(bulkRequest, request.body);
    const context = commandContext(request, who);
    const order = {
      id: idFor('Bulk', '', context) as BulkId,
      action: actionOf(asked),
      condition: narrowedTo(who, asked.condition),
      actor: context.actor ?? null,
    };
    if (asked.dryRun === true) {
      const { matched, sampled, refusals } = await previewBulk(this.reads.queries, order, this.now());
      return reply.status(200).send({ matched, sampled, refusals: refusalsWire(refusals) });
    }
    const bulk = await this.bulks.add(order);
    return reply.status(202).header('location', `/v1/bulk/${bulk.id}`).send(bulkWire(bulk));
  }

  @Get()
  async recent(@Who() who: Principal): Promise<{ readonly bulks: readonly BulkAnswerWire[] }> {
    // somebody without a name has none of their own
    if (!who.isAdmin && who.name === null) return { bulks: [] };
    const bulks = await this.bulks.recent(recentMax, who.isAdmin ? null : who.name);
    return { bulks: bulks.map(bulkWire) };
  }

  @Get(':bulkId')
  async get(@Who() who: Principal, @Param('bulkId') id: string): Promise<BulkAnswerWire> {
    return bulkWire(await this.#own(who, id));
  }

  /** What was done stays done. */
  @Delete(':bulkId')
  async cancel(@Who() who: Principal, @Param('bulkId') id: string): Promise<BulkAnswerWire> {
    const bulk = await this.#own(who, id);
    return bulkWire((await this.bulks.cancel(bulk.id)) ?? bulk);
  }

  async #own(who: Principal, id: string): Promise<Bulk> {
    const isId = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(id);
    const bulk = isId ? await this.bulks.find(id.toLowerCase() as BulkId) : null;
    if (bulk === null || !isOwn(who, bulk)) throw problem('bulk-not-found', `there is no bulk ${id}`);
    return bulk;
  }
}

/** An admin of all namespaces sees every bulk; anybody else those that they asked for. */
const isOwn = ({ isAdmin, name }: Principal, { actor }: Bulk): boolean =>
  isAdmin || (name !== null && name === actor);
