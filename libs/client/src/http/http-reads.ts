import type { z } from 'zod';
import {
  type HistoryPageWire,
  historyPage,
  type OutlookWire,
  outlookSchema,
  type PreviewAnswerWire,
  previewAnswer,
  type TimerConditionWire,
  type TimerCountWire,
  type TimerRecord,
  timerCount,
  timerPage,
  timerRecordSchema,
  type WhyAnswerWire,
  whyAnswer,
} from '#contract';
import type { TimerRef } from '../command-of.js';
import { ApiNotConfiguredError, UnexpectedAnswerError } from '../errors.js';
import type { Reads } from '../ports.js';
import type {
  CountOptions,
  HistoryOptions,
  PageOptions,
  PastOptions,
  PreviewQuery,
  ReadOptions,
  TimerPage,
  WatchedChange,
  WatchOptions,
  WhyOptions,
} from '../timers.js';
import type { ApiConnection, ApiRequest } from './api-connection.js';
import { watchChanges } from './watch-changes.js';

/** Queries by HTTP. Answers are read by their schemas; fields of a newer API stay in them. */
export class HttpReads implements Reads {
  constructor(private readonly api: ApiConnection) {}

  timer(ref: TimerRef, { at, version, ...call }: PastOptions): Promise<TimerRecord> {
    const query = { at, version };
    return this.#get(pathOf(ref), query, timerRecordSchema, call) as unknown as Promise<TimerRecord>;
  }

  page(condition: TimerConditionWire, { order, limit, after, ...call }: PageOptions): Promise<TimerPage> {
    const body = { condition, order, limit, after };
    return this.#post('/v1/timers/query', body, timerPage, call) as unknown as Promise<TimerPage>;
  }

  count(condition: TimerConditionWire, { max, ...call }: CountOptions): Promise<TimerCountWire> {
    return this.#post('/v1/timers/count', { condition, max }, timerCount, call);
  }

  events(ref: TimerRef, { after, limit, from, to, ...call }: HistoryOptions): Promise<HistoryPageWire> {
    return this.#get(`${pathOf(ref)}/events`, { after, limit, from, to }, historyPage, call);
  }

  nextFires(
    ref: TimerRef,
    { count, ...call }: ReadOptions & { readonly count?: number } = {},
  ): Promise<OutlookWire> {
    return this.#get(`${pathOf(ref)}/next`, { count }, outlookSchema, call);
  }

  why(ref: TimerRef, { from, to, ...call }: WhyOptions): Promise<WhyAnswerWire> {
    return this.#get(`${pathOf(ref)}/why`, { from, to }, whyAnswer, call);
  }

  preview(request: PreviewQuery, call: ReadOptions): Promise<PreviewAnswerWire> {
    return this.#post('/v1/preview', request, previewAnswer, call);
  }

  watch(condition: TimerConditionWire, options: WatchOptions): AsyncIterable<WatchedChange> {
    return watchChanges(this.api, condition, options);
  }

  #get<T>(path: string, query: NonNullable<ApiRequest['query']>, schema: z.ZodType<T>, call: ReadOptions) {
    return this.#read({ method: 'GET', path, query }, schema, call);
  }

  #post<T>(path: string, body: unknown, schema: z.ZodType<T>, call: ReadOptions) {
    return this.#read({ method: 'POST', path, body }, schema, call);
  }

  /** The answer as it came: the schema only says whether it is one. */
  async #read<T>(request: ApiRequest, schema: z.ZodType<T>, call: ReadOptions): Promise<T> {
    const answer = await this.api.json(request, call);
    const read = schema.safeParse(answer);
    if (!read.success)
      throw new UnexpectedAnswerError(request.path, 200, read.error.issues[0]?.message ?? 'no such answer');
    return answer as T;
  }
}

const pathOf = (ref: TimerRef): string =>
  'timerId' in ref
    ? `/v1/timers/${encodeURIComponent(ref.timerId)}`
    : `/v1/namespaces/${encodeURIComponent(ref.namespace ?? '')}/timers/${encodeURIComponent(ref.key)}`;

const notConfigured = (): never => {
  throw new ApiNotConfiguredError();
};
const rejected = async (): Promise<never> => notConfigured();

/** Of a client that was told of no API. */
export const noReads: Reads = {
  timer: rejected,
  page: rejected,
  count: rejected,
  events: rejected,
  nextFires: rejected,
  why: rejected,
  preview: rejected,
  watch: notConfigured,
};
