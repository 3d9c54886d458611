import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SendQueueFull } from '#kafka';
import { rejectionCodes } from '#timer';
import {
  ClientOverloadedError,
  CommandRejectedError,
  CommandTimeoutError,
  rejectionError,
} from './errors.js';
import type { Waiting } from './reply-inbox.js';
import { awaitReply } from './request.js';

const dayMs = 86_400_000;
const commandId = '018f0000-0000-7000-8000-000000000001';
const reply = { ok: false, code: 'timer-exists', message: 'there already' } as const;

function setUp(send: (unwanted: AbortSignal) => Promise<void>, signal?: AbortSignal, timeoutMs = 1_000) {
  const waiting = new Map<string, Waiting>();
  const inbox = {
    expect: (id: string, who: Waiting) => void waiting.set(id, who),
    forget: (id: string) => void waiting.delete(id),
  };
  const answer = awaitReply(inbox, { commandId, correlationId: 'c', timeoutMs, signal, send });
  const settled = answer.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  return { waiting, settled };
}

describe('waiting for an answer', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    const left = vi.getTimerCount();
    vi.useRealTimers();
    expect(left).toBe(0);
  });

  it('sends once when the answer comes', async () => {
    const send = vi.fn(async () => undefined);
    const { waiting, settled } = setUp(send);
    waiting.get('c')?.resolve(reply);
    expect(await settled).toEqual({ value: reply });
    expect(send).toHaveBeenCalledTimes(1);
    expect(waiting.size).toBe(0);
  });

  it('sends nothing for a caller who has gone already', async () => {
    const send = vi.fn(async () => undefined);
    const { waiting, settled } = setUp(send, AbortSignal.abort('gone'), Number.POSITIVE_INFINITY);
    expect(await settled).toEqual({ error: 'gone' });
    expect(send).not.toHaveBeenCalled();
    expect(waiting.size).toBe(0);
  });

  it('asks again while none comes, then gives up and says that the command may have been applied', async () => {
    const send = vi.fn(async () => undefined);
    const { waiting, settled } = setUp(send);
    await vi.advanceTimersByTimeAsync(999);
    expect(send).toHaveBeenCalledTimes(4);
    await vi.advanceTimersByTimeAsync(1);
    expect(await settled).toMatchObject({ error: { code: 'client/timeout', commandId } });
    expect(waiting.size).toBe(0);
  });

  it.each([
    ['thirty days', 30 * dayMs],
    ['for ever', Number.POSITIVE_INFINITY],
  ])('waits %s if it is told to, and asks again each minute', async (_how, timeoutMs) => {
    const send = vi.fn(async () => undefined);
    const { waiting, settled } = setUp(send, undefined, timeoutMs);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(send).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(61_000);
    expect(send).toHaveBeenCalledTimes(3);
    waiting.get('c')?.resolve(reply);
    expect(await settled).toEqual({ value: reply });
  });

  it('survives a send that fails, and tells of it only if nothing came after all', async () => {
    const failure = new Error('no broker');
    const failing = vi.fn<() => Promise<void>>().mockRejectedValueOnce(failure).mockResolvedValue(undefined);
    const recovered = setUp(failing);
    await vi.advanceTimersByTimeAsync(250);
    expect(failing).toHaveBeenCalledTimes(2);
    recovered.waiting.get('c')?.resolve(reply);
    expect(await recovered.settled).toEqual({ value: reply });

    const lost = setUp(() => Promise.reject(failure));
    await vi.advanceTimersByTimeAsync(1_000);
    const outcome = await lost.settled;
    expect(outcome).toMatchObject({ error: expect.any(CommandTimeoutError) });
    expect(outcome).toMatchObject({ error: { cause: failure } });
  });

  it('does not pile up sends on a broker that does not answer', async () => {
    const send = vi.fn(() => new Promise<void>(() => undefined));
    const { settled } = setUp(send);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await settled).toMatchObject({ error: { code: 'client/timeout' } });
    expect(send).toHaveBeenCalledTimes(1);
  });

  it('takes back what still waits to be sent when it is too late, or its caller goes away', async () => {
    const unwanted: AbortSignal[] = [];
    const send = (signal: AbortSignal) => {
      unwanted.push(signal);
      return new Promise<void>(() => undefined);
    };
    const late = setUp(send);
    const abort = new AbortController();
    const left = setUp(send, abort.signal);
    await vi.advanceTimersByTimeAsync(999);
    expect(unwanted.map(({ aborted }) => aborted)).toEqual([false, false]);
    abort.abort(new Error('gone'));
    expect(unwanted.map(({ aborted }) => aborted)).toEqual([false, true]);
    await vi.advanceTimersByTimeAsync(1);
    expect(unwanted.map(({ aborted }) => aborted)).toEqual([true, true]);
    await Promise.all([late.settled, left.settled]);
  });

  it('ends at once where the command was not taken, and waits on where an earlier one may have arrived', async () => {
    const full = new ClientOverloadedError(commandId, new SendQueueFull(1, 1));
    const first = setUp(() => Promise.reject(full));
    expect(await first.settled).toEqual({ error: full });
    expect(first.waiting.size).toBe(0);

    const failing = vi
      .fn<() => Promise<void>>()
      .mockRejectedValueOnce(new Error('no broker'))
      .mockRejectedValue(full);
    const again = setUp(failing);
    await vi.advanceTimersByTimeAsync(250);
    expect(failing).toHaveBeenCalledTimes(2);
    again.waiting.get('c')?.resolve(reply);
    expect(await again.settled).toEqual({ value: reply });
  });

  it('ends with the reason of its signal', async () => {
    const abort = new AbortController();
    const { waiting, settled } = setUp(async () => undefined, abort.signal);
    abort.abort(new Error('not wanted any more'));
    expect(await settled).toMatchObject({ error: { message: 'not wanted any more' } });
    expect(waiting.size).toBe(0);
  });
});

describe('errors', () => {
  it('there is one class for each code, and it carries code, message and field', () => {
    const made = rejectionCodes.map((code) => rejectionError({ code, message: 'm', field: 'f' }));
    expect(new Set(made.map((error) => error.constructor)).size).toBe(rejectionCodes.length);
    for (const error of made) {
      expect(error).toBeInstanceOf(CommandRejectedError);
      expect(error).toMatchObject({ message: 'm', field: 'f', name: error.constructor.name });
    }
  });

  it.each(['a-code-of-tomorrow', 'toString'])('an unknown code (%s) is a refusal all the same', (code) => {
    const error = rejectionError({ ...reply, code: code as never });
    expect(error.constructor).toBe(CommandRejectedError);
    expect(error.code).toBe(code);
  });
});
