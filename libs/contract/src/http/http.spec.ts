import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decide, type EpochMs, evolve, rejectionCodes, type TimerCommand, type TimerState } from '#timer';
import { eventSchemas } from '../event-schemas.js';
import {
  actionCommands,
  actionRequests,
  commandSchemas,
  createRequest,
  httpProblems,
  listQuery,
  previewRequest,
  rejectionStatus,
  timerRecord,
  timerRecordSchema,
  watchKindOf,
} from '../index.js';

const now = Date.UTC(2027, 2, 28, 9) as EpochMs;

function created(): TimerState {
  const timer = {
    schedPolicyType: 'INTERVAL',
    schedPolicyExpr: '1h',
    jitter: '5m',
    data: { text: 'AAE=', encoding: 'base64' },
    summary: { text: '{}' },
    maxFires: 9,
  };
  const command = {
    type: 'CreateTimer',
    commandId: '018f0000-0000-7000-8000-000000000001',
    timerId: '019d3211-2a00-7a5c-8123-456789abcdef',
    namespace: 'n',
    key: 'k',
    timer,
  } as TimerCommand;
  const decision = decide(null, command, now);
  if (!decision.ok) throw new Error(decision.rejection.message);
  const state = decision.events.reduce<TimerState | null>(
    (before, event, index) => evolve(before, { version: index + 1, commandId: command.commandId, event }),
    null,
  );
  if (state === null) throw new Error('nothing was made');
  return state;
}

describe('the schemas of HTTP', () => {
  it('know every field of a timer that is answered', () => {
    const record = timerRecord(created());
    expect(timerRecordSchema.parse(record)).toEqual(record);
  });
  it('know a command for every action', () =>
    expect(Object.keys(actionCommands)).toEqual(Object.keys(actionRequests)));
  it('leave the address of an action to its path', () => {
    for (const schema of Object.values(actionRequests)) {
      for (const part of ['type', 'id', 'namespace', 'key', 'timerId'])
        expect(schema.shape).not.toHaveProperty(part);
    }
  });
  it('reach every command of a client', () => {
    const reached = [...Object.values(actionCommands), 'CreateTimer', 'UpdateTimer', 'DeleteTimer'];
    // EndChild is the relay's own
    expect([...reached, 'EndChild'].sort()).toEqual(Object.keys(commandSchemas).sort());
  });
  it('give a timer without a namespace the default one', () =>
    expect(createRequest.parse({ key: 'k', schedPolicyType: 'ONCE', schedPolicyExpr: '1s' }).namespace).toBe(
      'default',
    ));
  it('read a parameter that stands once as a list of one', () =>
    expect(listQuery.parse({ tag: 'a', status: ['open', 'paused'], enable: 'false', limit: '7' })).toEqual({
      tag: ['a'],
      status: ['open', 'paused'],
      enable: false,
      limit: 7,
    }));
  it('take a preview of a new timer or of a change, not of both', () => {
    const timer = { schedPolicyType: 'ONCE', schedPolicyExpr: '1s' };
    const timerId = '019d3211-2a00-7a5c-8123-456789abcdef';
    expect(previewRequest.safeParse({ timer }).success).toBe(true);
    expect(previewRequest.safeParse({ timerId, set: { enable: true } }).success).toBe(true);
    expect(previewRequest.safeParse({ timer, timerId }).success).toBe(false);
    expect(previewRequest.safeParse({ timer, set: {} }).success).toBe(false);
    expect(previewRequest.safeParse({}).success).toBe(false);
  });
});

describe('problems', () => {
  it.each(rejectionCodes)('%s has a status of its own', (code) =>
    expect(rejectionStatus[code]).toBeGreaterThanOrEqual(400),
  );
  it('share no code with what only HTTP meets', () =>
    expect(Object.keys(httpProblems).filter((code) => Object.hasOwn(rejectionStatus, code))).toEqual([]));
});

it('a watch tells creations, updates, deletions and the life of events apart', () => {
  const kinds = Object.keys(eventSchemas).map((type) => watchKindOf(type as keyof typeof eventSchemas));
  expect(new Set(kinds)).toEqual(new Set(['create', 'update', 'delete', 'event']));
  expect(watchKindOf('ManualTriggerRequested')).toBe('update');
  expect(watchKindOf('PreScheduleAsked')).toBe('event');
});

it('every schema of HTTP becomes JSON Schema', () => {
  for (const schema of [createRequest, listQuery, previewRequest, ...Object.values(actionRequests)])
    expect(JSON.stringify(z.toJSONSchema(schema, { io: 'input' }))).toContain('"properties"');
});
