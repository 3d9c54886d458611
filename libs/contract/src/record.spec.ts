import { describe, expect, it } from 'vitest';
import {
  decide,
  type EpochMs,
  type EventId,
  evolve,
  type TimerCommand,
  type TimerId,
  type TimerState,
} from '#timer';
import { commandBytesMax, parseCommand, timerRecord } from './index.js';

const id = '018f0000-0000-7000-8000-000000000001';
const timerId = '019d3211-2a00-7a5c-8123-456789abcdef';
const eventId = '019d3211-3000-7b11-9123-456789abcdef' as EventId;
const now = Date.UTC(2027, 2, 28, 9) as EpochMs;

function follow(state: TimerState | null, command: TimerCommand): TimerState {
  const decision = decide(state, command, now);
  if (!decision.ok) throw new Error(decision.rejection.message);
  let [folded, version] = [state, state?.version ?? 0];
  for (const event of decision.events) {
    version += 1;
    folded = evolve(folded, { version, commandId: command.commandId, event });
  }
  if (folded === null) throw new Error('nothing is left of the timer');
  return folded;
}

function read(body: object): TimerCommand {
  const value = Buffer.from(JSON.stringify({ id, namespace: 'n', key: 'k', ...body }));
  const parsed = parseCommand({ key: null, value }, commandBytesMax);
  if (!parsed.ok) throw new Error(parsed.rejection.message);
  return { ...parsed.command, timerId } as TimerCommand;
}
const create = (timer: object): TimerState =>
  follow(
    null,
    read({ type: 'CreateTimer', timer: { schedPolicyType: 'INTERVAL', schedPolicyExpr: '1h', ...timer } }),
  );

// every field of a client's timer that is not its default
const given = {
  schedPolicyType: 'INTERVAL',
  schedPolicyExpr: '1h30m',
  timeZone: 'Europe/Paris',
  hookClass: 'billing',
  tags: ['eu'],
  data: 'a\u0000\ud800 9007199254740993',
  enable: true,
  watermark: '2027-03-28T08:00:00.000Z',
  summaryData: 'AAE=',
  summaryDataEncoding: 'base64',
  startAt: '2027-01-01T00:00:00.000Z',
  endAt: '2028-01-01T00:00:00.000Z',
  maxFires: 9,
  jitter: '5m',
  dst: { gap: 'shift', overlap: 'first' },
  missed: {
    serviceDown: { policy: 'all', max: 3 },
    paused: { policy: 'skip' },
    createdLate: { policy: 'latest' },
  },
  ackTimeout: 'PT90S',
  retry: { maxAttempts: 0, backoff: 'fixed', min: '1s', max: '1m', jitter: false },
  preSchedule: { enable: true, timeout: '10s', onTimeout: 'skip' },
  maxPause: '7d',
};

describe('the record of a timer', () => {
  it('shows every field that can be set, as it was set', () =>
    expect(timerRecord(create(given))).toMatchObject(given));

  it('leaves out what is unset: nothing is null', () => {
    const record = JSON.parse(JSON.stringify(timerRecord(create({})))) as Record<string, unknown>;
    expect(Object.values(record)).not.toContain(null);
    for (const field of [
      'data',
      'watermark',
      'summaryData',
      'eventId',
      'eventStart',
      'manualRequest',
      'pausedAt',
      'jitter',
    ])
      expect(record).not.toHaveProperty(field);
    expect(record).toMatchObject({
      id: timerId,
      namespace: 'n',
      key: 'k',
      version: 1,
      eventStatus: 'IDLE',
      status: 'waiting',
    });
  });

  it('tells of a manual request, and of the event that it became', () => {
    const watermark = '2027-03-28T08:30:00.000Z';
    const asked = follow(
      create({ hookClass: 'h', watermark }),
      read({ type: 'TriggerTimer', requestId: 'by-hand', timeout: '2m' }),
    );
    expect(timerRecord(asked)).toMatchObject({
      eventStatus: 'IDLE',
      manualRequest: { manualRequestId: 'by-hand', manualTimeout: '120000ms', manualProcessed: false },
    });
    expect(timerRecord(follow(asked, { type: 'FireDue', commandId: null, eventId }))).toMatchObject({
      eventStatus: 'TRIGGER',
      status: 'open',
      eventId,
      attempt: 1,
      eventStart: '2027-03-28T09:00:00.000Z',
      eventExtra: { eventManualRequestId: 'by-hand', eventWatermark: watermark },
      manualRequest: { manualProcessed: true, manualEventId: eventId },
    });
  });

  it('shows what its ticks spawn as it was set, its open children, and whose child it is', () => {
    const spawn = {
      timer: {
        hookClass: 'work',
        tags: ['t'],
        data: 'AAE=',
        dataEncoding: 'base64',
        ackTimeout: '5s',
        retry: { maxAttempts: 3, backoff: 'fixed', min: '1s', max: '1m', jitter: false },
        preSchedule: { enable: true, timeout: '10s', onTimeout: 'skip' },
        maxPause: '7d',
      },
      overlap: 'allow',
      openMax: 7,
    };
    const child = { id: '019d3211-2a00-7a5c-8123-456789abcde0' as TimerId, key: 'k:1' };
    const ticked = follow(create({ spawn }), { type: 'FireDue', commandId: null, eventId, child });
    expect(timerRecord(ticked)).toMatchObject({ spawn, children: [child.id], fires: 1 });
    const ref = { timerId: ticked.id, key: 'k', n: 1 };
    const born = { ...ticked, spec: { ...ticked.spec, parent: ref } };
    expect(timerRecord(born)).toMatchObject({ parent: ref });
  });

  it('tells of a lease: who, until when, since when, under which token', () => {
    const leased = follow(create({}), read({ type: 'AcquireLease', holder: 'me', ttl: '15s' }));
    expect(timerRecord(leased)).toMatchObject({
      lease: {
        holder: 'me',
        token: 2,
        since: '2027-03-28T09:00:00.000Z',
        until: '2027-03-28T09:00:15.000Z',
      },
    });
  });

  it('a pause says since when, a fault why', () => {
    const paused = follow(create({}), read({ type: 'PauseTimer' }));
    expect(timerRecord(paused)).toMatchObject({ status: 'paused', pausedAt: '2027-03-28T09:00:00.000Z' });
    const faulted = follow(create({}), { type: 'FaultTimer', commandId: null, reason: 'its zone is gone' });
    expect(timerRecord(faulted)).toMatchObject({ status: 'faulted', fault: 'its zone is gone' });
  });
});
