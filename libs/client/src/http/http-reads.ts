import type { z } from 'zod';
import {
  historyPage,
  outlookSchema,
  previewAnswer,
  type TimerRecord,
  timerCount,
  timerPage,
  timerRecordSchema,
  whyAnswer,
} from '#contract';
import type { TimerRef } from '../command-of.js';
import { ApiNotConfiguredError, rejectionError, UnexpectedAnswerError } from '../errors.js';
import type { Reads } from '../ports.js';
import type { ReadOptions, TimerPage } from '../timers.js';
import type { ApiConnection, ApiRequest } from './api-connection.js';
import { watchChanges } from './watch-changes.js';

/** Queries by HTTP. Answers are read by their schemas; fields of a newer API stay in them. */
export class HttpReads implements Reads {
  constructor(private readonly api: ApiConnection) {}

  readonly timer: Reads['timer'] = async (ref, { at, version, ...call }) => {
    const query = { at, version };
    const path = await this.#pathOf(ref, call);
    return this.#get(path, query, timerRecordSchema, call) as unknown as Promise<TimerRecord>;
  };

  readonly page: Reads['page'] = (condition, { order, limit, after, ...call }) => {
    const body = { condition, order, limit, after };
    return this.#post('/v1/timers/query', body, timerPage, call) as unknown as Promise<TimerPage>;
  };

  readonly count: Reads['count'] = (condition, { max, ...call }) =>
    this.#post('/v1/timers/count', { condition, max }, timerCount, call);

  readonly events: Reads['events'] = async (ref, { after, limit, from, to, ...call }) =>
    this.#get(`${await this.#pathOf(ref, call)}/events`, { after, limit, from, to }, historyPage, call);

  readonly nextFires: Reads['nextFires'] = async (ref, { count, ...call }) =>
    this.#get(`${await this.#pathOf(ref, call)}/next`, { count }, outlookSchema, call);

  readonly why: Reads['why'] = async (ref, { from, to, ...call }) =>
    this.#get(`${await this.#pathOf(ref, call)}/why`, { from, to }, whyAnswer, call);

  readonly preview: Reads['preview'] = (request, call) =>
    this.#post('/v1/preview', request, previewAnswer, call);

  readonly watch: Reads['watch'] = (condition, options) => watchChanges(this.api, condition, options);

  /** By its id where its name is none for a path: each of the two questions has the whole time of the call. @throws TimerNotExistError */
  async #pathOf(ref: TimerRef, call: ReadOptions): Promise<string> {
    if ('timerId' in ref) return pathOfId(ref.timerId);
    const { namespace = '', key } = ref;
    if (!isStep(namespace) && !isStep(key))
      return `/v1/namespaces/${encodeURIComponent(namespace)}/timers/${encodeURIComponent(key)}`;
    const [found] = (await this.page({ namespace, key }, { limit: 1, ...call })).timers;
    if (found !== undefined) return pathOfId(found.id);
    throw rejectionError({ code: 'timer-not-exist', message: `timer not exist: ${namespace}/${key}` });
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

const pathOfId = (timerId: string): string => `/v1/timers/${encodeURIComponent(timerId)}`;

/** Every URL resolves these, also percent-encoded: its path would be that of another timer. */
const isStep = (name: string): boolean => name === '.' || name === '..';

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
