import { describe, expect, it } from 'vitest';
import { type AskOptions, ClientNotConnectedError, CommandTimeoutError } from '#client';
import type { Reply } from '#contract';
import { Quotas } from '#engine';
import { CommandDoor } from './command-door.js';
import type { CommandCall } from './command-wire.js';
import type { Receipts } from './receipts.js';

const freshId = '0190c0de-0000-7000-8000-000000000000';
const call: CommandCall = {
  type: 'PauseTimer',
  address: { namespace: 'default', key: 'k' },
  fields: {},
  context: {
    actor: undefined,
    traceparent: undefined,
    idempotencyKey: undefined,
    version: null,
    preference: { respondAsync: true, waitMs: 60_000 },
    freshId,
  },
};
const handOver = (ask: (options: AskOptions) => Promise<Reply>) =>
  new CommandDoor({ ask: (_, options) => ask(options) }, {} as Receipts, 60_000, new Quotas({})).call(call);

describe('a command that is handed over, and waited for a while', () => {
  const pending = {
    kind: 'pending',
    commandId: freshId,
    receipt: `/v1/commands/${freshId}?namespace=default&key=k`,
  };
  it.each([
    ['no outcome comes in time', new CommandTimeoutError(freshId, 60_000)],
    ['sending it once more fails', new CommandTimeoutError(freshId, 60_000, new Error('away'))],
    ['the process goes away', new ClientNotConnectedError('the client was closed')],
  ])('is pending once Kafka has it, though %s', async (_, error) => {
    const answer = handOver((options) => {
      options.onSent?.();
      return Promise.reject(error);
    });
    expect(await answer).toEqual(pending);
  });
  it('is told to have failed by what says nothing of its outcome being late', async () => {
    const error = new Error('an answer that makes no sense');
    const answer = handOver((options) => {
      options.onSent?.();
      return Promise.reject(error);
    });
    await expect(answer).rejects.toBe(error);
  });
  it('is no receipt where Kafka does not take it', async () => {
    const unsent = new CommandTimeoutError(freshId, 60_000, new Error('away'));
    await expect(handOver(() => Promise.reject(unsent))).rejects.toMatchObject({
      problem: { code: 'not-ready' },
    });
  });
  it('is answered with an outcome also where Kafka’s own word that it has it was lost', async () => {
    const refused: Reply = { ok: false, code: 'timer-not-exist', message: 'timer not exist' };
    await expect(handOver(() => Promise.resolve(refused))).rejects.toMatchObject({
      problem: { code: 'timer-not-exist' },
    });
  });
});
