import { describe, expect, it } from 'vitest';
import { AesGcmCipher, type CommandWire, type DataCipher, type ParsedDue } from '#contract';
import { InMemoryTimers } from '#testing';
import { payloadBytesMax } from '#timer';
import { RetryLater } from './handler.js';
import { HookRunner } from './hook-runner.js';
import type { DueEvent, Hook, HookContext, HookHandler, RunClock, RunEnd } from './index.js';
import { Hook as NestHook } from './nest.js';

const still: RunClock = { now: () => 0, after: () => () => undefined };
const event = {
  eventId: '00000000-0000-4000-8000-00000000000e',
  attempt: 1,
  ackTimeoutMs: 30_000,
  timer: { id: 't', namespace: 'n', key: 'k', hookClass: 'c', tags: [], version: 1 },
};

/** Runs one event or question; answers what left, what was logged, and how it ended. */
async function run(hook: Hook, kind: 'due' | 'ask' = 'due', cipher?: DataCipher) {
  const sent: CommandWire[] = [];
  const errors: unknown[] = [];
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  const log = { ...quiet, error: (...line: unknown[]) => void errors.push(line) };
  const send = async (command: CommandWire): Promise<void> => void sent.push(command);
  const runner = new HookRunner({
    hooks: { c: hook },
    send,
    log,
    clock: still,
    ...(cipher !== undefined && { cipher }),
  });
  const end = await new Promise<RunEnd>((done) => {
    const due = { ok: true, kind, event } as unknown as Extract<ParsedDue, { ok: true }>;
    expect(runner.take('c', due, done)).toBe(true);
  });
  return { sent, errors, end };
}
/** As plain JavaScript has it, or who casts. */
const returning = (returned: unknown): Hook => ({ handle: (() => returned) as HookHandler });
const throwing = (error: unknown): Hook => ({ handle: () => Promise.reject(error) });
const circular: { self?: unknown } = {};
circular.self = circular;
const large = 'x'.repeat(payloadBytesMax + 1);

describe('an answer that the scheduler would refuse', () => {
  it.each([
    ['an object for a text', returning({ summaryData: { n: 1 } }), 'summaryData: '],
    ['a response for a result', returning(Promise.resolve({ result: { status: 200 } })), 'result: '],
    ['what is no JSON', returning({ result: 1n }), 'cannot be written as JSON'],
    ['what holds itself', returning({ summaryData: circular }), 'cannot be written as JSON'],
    ['a text above the bound', returning({ summaryData: large }), 'summaryData has 262145 bytes; at most'],
    ['more than a command may have', returning({ result: large.repeat(4) }), 'a command has at most'],
    ['a watermark that is no moment', returning({ watermark: 'yesterday' }), 'RFC 3339'],
    ['a next fire that is no moment', returning({ nextFireAt: 17 }), 'nextFireAt: '],
    ['a wait that is no duration', throwing(new RetryLater({ after: 'soon' })), 'soon'],
    [
      'two moments',
      throwing(new RetryLater({ after: '1s', at: '2027-01-01T00:00:00Z' } as never)),
      'not both',
    ],
    ['data above the bound', throwing(new RetryLater({ after: '1s' }, large)), 'data has 262145 bytes'],
  ])('is not sent, but a retry that says why, and the log says what to do: %s', async (_what, hook, why) => {
    const { sent, errors, end } = await run(hook);
    const error = expect.stringMatching(/^the answer does not fit: /);
    expect(sent).toEqual([
      {
        ...{ type: 'RetryEvent', id: expect.any(String), namespace: 'n', key: 'k' },
        ...{ eventId: event.eventId, attempt: 1, error },
      },
    ]);
    expect(sent[0]).toMatchObject({ error: expect.stringContaining(why) });
    expect(errors).toEqual([
      [
        expect.objectContaining({ timerId: 't', eventId: event.eventId, error }),
        expect.stringContaining('strings (JSON.stringify what they hold)'),
      ],
    ]);
    expect(end).toEqual({ kind: 'answered' });
  });

  it('is not sent when only its seal makes it too long', async () => {
    const cipher = new AesGcmCipher({ keys: { k: new Uint8Array(32) }, current: 'k' });
    const hook = returning({ summaryData: large.slice(1) });
    expect((await run(hook)).sent).toMatchObject([{ type: 'CloseEvent' }]);
    expect((await run(hook, 'due', cipher)).sent).toMatchObject([
      { type: 'RetryEvent', error: expect.stringContaining('summaryData has') },
    ]);
  });

  it('to a question is left out: the timer says what becomes of it', async () => {
    const hook = { ...returning(null), ask: () => ({ delay: '1s', because: 'later' }) };
    const { sent, errors, end } = await run(hook, 'ask');
    expect(sent).toEqual([]);
    expect(errors).toEqual([
      [
        expect.objectContaining({ error: expect.stringContaining('because is not a field') }),
        expect.stringContaining('preSchedule.onTimeout'),
      ],
    ]);
    expect(end).toEqual({ kind: 'answered' });
  });

  it('shows with the timer, whose handler runs again by the retry policy and not by its deadline', async () => {
    const attempts: number[] = [];
    const handle = (({ attempt }) => {
      attempts.push(attempt);
      return { summaryData: attempt === 1 ? { n: 1 } : '{"n":1}' };
    }) as HookHandler;
    const timers = new InMemoryTimers({ hooks: { c: handle } });
    const retry = { min: '1s', max: '1s', jitter: false };
    await timers.createTimer({
      ...{ key: 'k', schedPolicyType: 'ONCE', schedPolicyExpr: '1s', hookClass: 'c' },
      ...{ ackTimeout: '1h', retry },
    });
    await timers.advance('1s');
    expect(await timers.getTimerByKey('k')).toMatchObject({
      status: 'open',
      lastError: expect.stringContaining('summaryData: '),
    });
    await timers.advance('3s');
    expect(await timers.getTimerByKey('k')).toMatchObject({ status: 'ended', summaryData: '{"n":1}' });
    expect(attempts).toEqual([1, 2]);
    await timers.close();
  });
});

it('moments may be given as what JSON makes a moment of, and whatever is no outcome closes', async () => {
  const watermark = new Date('2027-01-01T00:00:00Z');
  expect((await run(returning({ watermark, rows: [large] }))).sent).toMatchObject([{ type: 'CloseEvent' }]);
});

it('the compiler refuses what is no outcome, and what may be one if nobody says so', () => {
  const handlers = [
    () => undefined,
    () => 'whatever',
    async () => {
      await Promise.resolve();
    },
    () => Promise.resolve({ rowCount: 3 }),
    () => Promise.resolve([1, 2]),
    (): { summaryData: string } => ({ summaryData: 'a' }),
    async () => (Math.random() < 2 ? { watermark: null } : undefined),
  ] satisfies HookHandler[];
  // @ts-expect-error a text is a string
  const wrong: HookHandler = () => ({ summaryData: { n: 1 } });
  // @ts-expect-error also where it is promised
  const promised: HookHandler = async () => ({ result: { status: 200 } });
  // @ts-expect-error a moment is RFC 3339
  const moment: HookHandler = async () => ({ nextFireAt: new Date() });
  const anything = async (): Promise<unknown> => ({ summaryData: 'a' });
  // @ts-expect-error who knows what it is
  const unsaid: HookHandler = anything;
  const said = anything as HookHandler;
  interface OfShop extends DueEvent {
    readonly data: string;
  }
  class Hooks {
    @NestHook('sync')
    sync(): unknown {
      return null;
    }
    @NestHook('promised')
    async promised(event: OfShop, context: HookContext): Promise<unknown> {
      return [event, context];
    }
    @NestHook('narrower')
    narrower({ data }: OfShop): { summaryData: string } {
      return { summaryData: data };
    }
    // @ts-expect-error a due event is no text
    @NestHook('other')
    other(event: string): void {
      expect(event).toBe('');
    }
    // @ts-expect-error a narrower event makes it no other outcome
    @NestHook('narrower-wrong')
    narrowerWrong({ data }: OfShop): { summaryData: { data: string } } {
      return { summaryData: { data } };
    }
    @NestHook('fits')
    async fits(): Promise<{ summaryData: string }> {
      return { summaryData: '1' };
    }
    // @ts-expect-error as of a handler without Nest
    @NestHook('does-not')
    async doesNot(): Promise<{ summaryData: number }> {
      return { summaryData: 1 };
    }
  }
  expect([handlers.length, wrong, promised, moment, unsaid, said, Hooks]).toHaveLength(7);
});
