import { askAgain, proof } from './session.ts';

/** A refusal in the server's own words (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    /** The field of the request that is at fault. */
    readonly field: string | undefined,
  ) {
    super(detail);
  }
}

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  /** Refused unless the timer is at this version. */
  readonly version?: number;
  readonly signal?: AbortSignal;
  /** In place of the session's own: to try whether it is taken. */
  readonly token?: string;
}

/** @throws Problem for a refusal, TypeError if nobody answers */
export async function ask<T>(
  path: string,
  { method = 'GET', body, version, signal, token }: Ask = {},
): Promise<T> {
  const answer = await fetch(path, {
    method,
    headers: {
      ...(token === undefined ? proof() : { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(method !== 'GET' && { 'x-carillon-actor': 'dashboard' }),
      ...(version !== undefined && { 'if-match': `"${version}"` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  });
  const text = await answer.text();
  if (answer.ok) return (text === '' ? null : JSON.parse(text)) as T;
  if (answer.status === 401 && token === undefined) askAgain();
  throw problemOf(answer.status, text);
}

function problemOf(status: number, text: string): Problem {
  try {
    const { code, detail, field } = JSON.parse(text) as Record<string, string | undefined>;
    return new Problem(status, code ?? 'unknown', detail ?? `the server answered ${status}`, field);
  } catch {
    return new Problem(status, 'unknown', `the server answered ${status}`, undefined);
  }
}

export const timerPath = (id: string, rest = ''): string => `/v1/timers/${encodeURIComponent(id)}${rest}`;

export const messageOf = (error: unknown): string =>
  error instanceof Problem
    ? error.message
    : error instanceof TypeError
      ? 'the server does not answer'
      : String(error);
