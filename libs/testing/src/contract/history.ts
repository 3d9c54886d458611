import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type EpochMs, type Payload, type TimerCommand, type TimerState } from '#timer';
import type { Stage } from './subject.js';
import {
  apply,
  closing,
  createTimer,
  deletion,
  fire,
  foldStream,
  loadWith,
  newCommandId,
  newEventId,
  present,
  request,
  stateOf,
  transact,
  update,
  writing,
} from './writing.js';

const payloads: readonly (readonly [string, Payload])[] = [
  ['the empty text', { text: '' }],
  ['NUL', { text: 'a\0b\0' }],
  ['lone surrogates, in either order', { text: '\ud800 \udc00\ud800 \udfff' }],
  ['characters beyond the first plane', { text: '𝄞🕰️' }],
  ['what looks like an escape', { text: '\\u0000 \\" \u2028\u2029 \r\n' }],
  ['what looks like a moment', { text: '2026-01-01T00:00:00.000Z' }],
  ['256 KiB', { text: 'é'.repeat(128 * 1024) }],
  ['bytes in base64', { text: randomBytes(1_024).toString('base64'), encoding: 'base64' }],
];

/** The log tells what the state tells. */
export const history = (stage: Stage) =>
  describe('the history', () => {
    it('tells what a timer was at each of its versions', async () => {
      const states = [await createTimer(stage.log)];
      const { id } = present(states[0]);
      states.push((await fire(stage.log, id)).state);
      states.push(present(await apply(stage.log, id, update('x'))));
      states.push(present(await apply(stage.log, id, closing)));
      for (const state of states) expect(await stage.log.stateAt(id, state.version)).toEqual(state);
      expect(await stateOf(stage.log, id)).toEqual(states.at(-1));
    });

    it('folds no more events than are asked for, from the last snapshot on', async () => {
      const { id } = await createTimer(stage.log);
      await apply(stage.log, id, update('2'));
      const third = await apply(stage.log, id, update('3'));
      expect(await stage.log.stateAt(id, 3, 3)).toEqual(third);
      expect(await stage.log.stateAt(id, 3, 2)).toBeNull();
      await apply(stage.log, id, () => ({ type: 'SnapshotTimer', commandId: null }));
      const fifth = await apply(stage.log, id, update('5'));
      expect(await stage.log.stateAt(id, 5, 2)).toEqual(fifth);
      expect(await stage.log.stateAt(id, 5, 1)).toBeNull();
    });

    it('knows no version before the first, after the last, or of nobody', async () => {
      const { id } = await createTimer(stage.log);
      const other = await createTimer(stage.log);
      expect(await stage.log.stateAt(id, 0)).toBeNull();
      expect(await stage.log.stateAt(id, 2)).toBeNull();
      await apply(stage.log, other.id, deletion);
      expect(await stage.log.stateAt(other.id, 2)).toBeNull();
      expect(await stage.log.stateAt(other.id, 1)).toEqual(other);
    });

    it.each(payloads)('keeps %s, in data, summary and event data, in state and log', async (_, payload) => {
      const { id } = await createTimer(stage.log, { data: payload, summary: payload });
      await fire(stage.log, id);
      const retried = await apply(stage.log, id, (state) => ({
        type: 'RetryEvent',
        commandId: newCommandId(),
        eventId: present(state.open).eventId,
        attempt: present(state.open).attempt,
        error: payload.text.slice(0, 100),
        data: payload,
      }));
      const { version } = present(retried);
      for (const state of [await stateOf(stage.log, id), await stage.log.stateAt(id, version)]) {
        expect(state).toEqual(retried);
        expect([state?.spec.data, state?.summary, state?.open?.data]).toEqual([payload, payload, payload]);
      }
    });

    it('folds to the stored state, whatever commands came', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 15 }),
          async (wanted) => {
            const created = await createTimer(stage.log, eventful);
            for (const kind of wanted) await applyIfAllowed(stage, created, kind);
            const stored = await stateOf(stage.log, created.id);
            if (stored !== null) expect(await stage.log.stateAt(created.id, stored.version)).toEqual(stored);
          },
        ),
        { numRuns: 25 },
      );
    });
  });

/** Everything about it happens within milliseconds, so that its clock has always struck. */
const eventful = Object.freeze({
  schedPolicyExpr: '1ms',
  ackTimeout: '1ms',
  retry: { maxAttempts: 3, backoff: 'fixed', min: '1ms', max: '1ms', jitter: false },
} as const);

const kinds = [
  'FireDue',
  'FireDue',
  'CloseEvent',
  'RetryEvent',
  'HandBack',
  'HeartbeatEvent',
  'ClaimEvent',
  'UpdateTimer',
  'TriggerTimer',
  'PauseTimer',
  'ResumeTimer',
  'ExpireTimer',
  'FaultTimer',
  'DeleteTimer',
] as const;
type Kind = (typeof kinds)[number];

async function applyIfAllowed(stage: Stage, { id }: TimerState, kind: Kind): Promise<void> {
  if (kind === 'FireDue') {
    await stage.subject.pass(2);
    if ((await loadWith(stage.log, { due: [id] })).due.length === 0) return;
  }
  await transact(stage.log, request({ targets: [{ timerId: id }] }), ({ byId, now }) => {
    const state = byId.get(id);
    if (state === undefined) return writing();
    const command = commandOf(kind, state, now);
    const decision = decide(state, command, now);
    return decision.ok ? writing(foldStream(state, decision.events, command.commandId)) : writing();
  });
}

function commandOf(kind: Kind, state: TimerState, now: EpochMs): TimerCommand {
  const commandId = newCommandId();
  const eventId = state.open?.eventId ?? newEventId(now);
  const attempt = state.open?.attempt ?? 1;
  switch (kind) {
    case 'FireDue':
      return { type: kind, commandId: null, eventId: newEventId(now) };
    case 'FaultTimer':
      return { type: kind, commandId: null, reason: 'said so' };
    case 'CloseEvent':
      return { type: kind, commandId, eventId, attempt, summary: { text: String(now) }, watermark: now };
    case 'RetryEvent':
      return { type: kind, commandId, eventId, attempt, error: 'not now' };
    case 'HandBack':
      return { type: 'RetryEvent', commandId, eventId, attempt, handBack: true, after: '1ms' };
    case 'HeartbeatEvent':
      return { type: kind, commandId, eventId, attempt, worker: 'w', progress: { text: '50 %' } };
    case 'ClaimEvent':
      return { type: kind, commandId, eventId, attempt, worker: 'w' };
    case 'UpdateTimer':
      return { type: kind, commandId, set: { tags: [String(now)], summary: null, watermark: now } };
    case 'TriggerTimer':
      return { type: kind, commandId, requestId: commandId, timeout: '1h' };
    default:
      return { type: kind, commandId };
  }
}
