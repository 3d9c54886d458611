import { setTimeout as after } from 'node:timers/promises';
import { problemSchema } from '#contract';
import { ringAfter } from '#kafka';
import { ApiTimeoutError, ApiUnreachableError, UnexpectedAnswerError } from '../errors.js';
import type { ReadOptions } from '../timers.js';
import { HttpProblemError, problemError } from './problems.js';

export interface ApiOptions {
  /** Of the API, with its path if a proxy gives it one: `http://carillon.internal:8080`. */
  readonly url: string;
  /** An API key, or a token of the issuer that the API trusts; a function is asked anew each time, for tokens that are renewed. */
  readonly token?: string | (() => string | Promise<string>);
  /** Of every request; a function is asked anew each time. */
  readonly headers?:
    | Readonly<Record<string, string>>
    | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);
  /** How long a query may take with all its tries, ms; default 10,000; `Infinity`: as long as it takes. */
  readonly timeoutMs?: number;
  /** Tries of a query, the first among them; default 4. */
  readonly tries?: number;
  /** In place of Node's own. */
  readonly fetch?: typeof fetch;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const firstPauseMs = 50;
const pauseMsMax = 1_000;

/** Requests that only read, so each may be made again: on a broken connection, and where the API says "not now". */
export class ApiConnection {
  readonly #base: string;

  /** @throws TypeError if the url is none */
  constructor(private readonly options: ApiOptions) {
    this.#base = new URL(options.url).href.replace(/\/+$/, '');
  }

  /**
   * @throws HttpProblemError, CommandRejectedError, ApiTimeoutError, ApiUnreachableError, UnexpectedAnswerError, the signal's
   *   reason
   */
  async json(request: ApiRequest, { timeoutMs, signal }: ReadOptions): Promise<unknown> {
    const withinMs = timeoutMs ?? this.options.timeoutMs ?? 10_000;
    const over = new AbortController();
    const cancel = ringAfter(withinMs, () =>
      over.abort(new DOMException('the time is over', 'TimeoutError')),
    );
    try {
      return await this.#tried(request, over.signal, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw over.signal.aborted ? new ApiTimeoutError(request.path, withinMs, error) : error;
    } finally {
      cancel();
    }
  }

  async #tried(
    request: ApiRequest,
    deadline: AbortSignal,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
    for (let tries = 1; ; tries += 1) {
      try {
        either.throwIfAborted();
        const response = await this.open(request, either);
        return answerIn(await this.#text(response), request.path, response.status);
      } catch (error) {
        if (either.aborted || tries >= (this.options.tries ?? 4) || !mayPass(error)) throw error;
        // a nap that is cut short ends in the next try, which says why
        await after(Math.min(pauseMsMax, firstPauseMs * 2 ** tries), null, { signal: either }).catch(
          () => null,
        );
      }
    }
  }

  /** One try. @throws unless the answer is a good one */
  async open(request: ApiRequest, signal: AbortSignal): Promise<Response> {
    const { method, path, query = {}, body, headers } = request;
    const url = new URL(`${this.#base}${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const { headers: own = {}, token, fetch: request_ = fetch } = this.options;
    const given = typeof own === 'function' ? await own() : own;
    const proof = typeof token === 'function' ? await token() : token;
    const response = await request_(url, {
      method,
      signal,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
        ...(proof !== undefined && { authorization: `Bearer ${proof}` }),
        ...given,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new ApiUnreachableError(this.#base, error);
    });
    if (response.ok) return response;
    const text = await this.#text(response);
    const read = problemSchema.safeParse(parsed(text));
    throw read.success ? problemError(read.data) : new UnexpectedAnswerError(path, response.status, text);
  }

  /** @throws ApiUnreachableError if it breaks off, the reason of the request's signal */
  #text(response: Response): Promise<string> {
    return response.text().catch((error: unknown) => {
      throw error instanceof TypeError ? new ApiUnreachableError(this.#base, error) : error;
    });
  }
}

/** @throws UnexpectedAnswerError */
function answerIn(text: string, path: string, status: number): unknown {
  const answer = parsed(text);
  if (answer === null) throw new UnexpectedAnswerError(path, status, text);
  return answer;
}

/** Null: no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // not of ours, then: its status and its text are told
    return null;
  }
}

/** Nothing of the request's own is wrong: another moment, or another process behind the address, may answer. */
export function mayPass(error: unknown): boolean {
  if (error instanceof ApiUnreachableError) return true;
  const isPassing = (status: number): boolean => [429, 502, 503, 504].includes(status);
  return (
    (error instanceof HttpProblemError || error instanceof UnexpectedAnswerError) && isPassing(error.status)
  );
}
