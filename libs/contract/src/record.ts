import { type EpochMs, isSpawning, type Payload, type SpawnPolicy, statusOf, type TimerState } from '#timer';
import { momentText } from './fields.js';

// The timer as clients see it, in the field's familiar words. What is unset is absent.

type Fields = Record<string, unknown>;

const at = (name: string, moment: EpochMs | null): Fields =>
  moment === null ? {} : { [name]: momentText(moment) };
const text = (name: string, payload: Payload | null): Fields =>
  payload === null
    ? {}
    : {
        [name]: payload.text,
        ...(payload.encoding !== undefined && { [`${name}Encoding`]: payload.encoding }),
      };
const value = (name: string, given: unknown): Fields =>
  given === null || given === undefined ? {} : { [name]: given };

export interface LeaseRecord {
  readonly holder: string;
  readonly token: number;
  readonly until: string;
  readonly since: string;
}

/** The last event that was given up and not redriven since. */
export interface GivenUpRecord {
  readonly eventId: string;
  readonly attempts: number;
  readonly scheduledFor: string;
  readonly givenUpAt: string;
  readonly error?: string;
}

export type TimerRecord = Readonly<{
  id: string;
  namespace: string;
  key: string;
  version: number;
  tags: readonly string[];
  data?: string;
  timeZone: string;
  schedPolicyType: string;
  schedPolicyExpr: string;
  hookClass: string;
  enable: boolean;
  watermark?: string;
  eventStatus: 'IDLE' | 'TRIGGER';
  eventId?: string;
  attempt?: number;
  summaryData?: string;
  createTime: string;
  nextFireTime?: string;
  status: string;
  /** Held while `until` lies ahead. */
  lease?: LeaseRecord;
  givenUp?: GivenUpRecord;
}> &
  Readonly<Record<string, unknown>>;

export function timerRecord(state: TimerState): TimerRecord {
  const { id, spec, open, manual, lease } = state;
  const {
    namespace,
    key,
    hookClass,
    tags,
    timeZone,
    schedPolicyType,
    schedPolicyExpr,
    enable,
    dst,
    missed,
    ackTimeout,
    retry,
    preSchedule,
  } = spec;
  return {
    id,
    namespace,
    key,
    version: state.version,
    tags,
    ...text('data', spec.data),
    timeZone,
    schedPolicyType,
    schedPolicyExpr,
    hookClass,
    enable,
    ...at('startAt', spec.startAt),
    ...at('endAt', spec.endAt),
    ...value('maxFires', spec.maxFires),
    ...value('jitter', spec.jitter),
    ...value('exclude', spec.exclude),
    dst,
    missed,
    ackTimeout,
    retry,
    preSchedule,
    ...value('maxPause', spec.maxPause),
    ...value('needsClaim', spec.needsClaim),
    ...value('keepFor', spec.keepFor),
    ...(isSpawning(spec) && { spawn: spawnFields(spec.spawn) }),
    ...value('parent', spec.parent),
    ...at('watermark', state.watermark),
    ...at('lastTick', state.lastTick),
    eventStatus: open !== null && ['delivered', 'retrying'].includes(open.phase) ? 'TRIGGER' : 'IDLE',
    ...(open !== null && openFields(open)),
    ...(manual !== null && { manualRequest: manualFields(manual) }),
    ...text('summaryData', state.summary),
    createTime: momentText(state.createTime),
    ...at('nextFireTime', state.nextFireAt),
    fires: state.fires,
    status: statusOf(state),
    ...at('pausedAt', state.pausedAt),
    ...value('pausedBy', tokensOf(state)),
    ...value('fault', state.fault),
    ...(state.givenUp !== null && { givenUp: givenUpFields(state.givenUp) }),
    ...value('endedReason', state.endedReason),
    ...at('endedAt', state.endedAt ?? null),
    ...(state.outcome !== undefined && { outcome: outcomeFields(state.outcome) }),
    ...(state.children.length > 0 && { children: state.children }),
    ...at('waitingTick', state.waitingTick),
    ...(lease !== null && {
      lease: { ...lease, since: momentText(lease.since), until: momentText(lease.until) },
    }),
  };
}

const spawnFields = ({
  timer: { data, maxPause, keepFor, ...timer },
  overlap,
  openMax,
}: SpawnPolicy): Fields => ({
  timer: { ...timer, ...text('data', data), ...value('maxPause', maxPause), ...value('keepFor', keepFor) },
  overlap,
  openMax,
});

function openFields(open: NonNullable<TimerState['open']>): Fields {
  return {
    eventId: open.eventId,
    attempt: open.attempt,
    ...text('eventData', open.data),
    eventStart: momentText(open.startedAt),
    eventScheduledFor: momentText(open.scheduledFor),
    eventExtra: {
      ...value('eventManualRequestId', open.manualRequestId),
      ...at('eventWatermark', open.watermarkBefore),
    },
    ...value('worker', open.worker),
    ...(open.claimed && { claimed: true }),
    ...text('progress', open.progress),
    ...value('lastError', open.lastError),
  };
}

const outcomeFields = (outcome: NonNullable<TimerState['outcome']>): Fields => ({
  eventId: outcome.eventId,
  attempt: outcome.attempt,
  ...value('worker', outcome.worker),
  closedAt: momentText(outcome.closedAt),
  ...text('result', outcome.result),
  ...value('error', outcome.error),
});

const tokensOf = ({ pausedBy }: TimerState): readonly string[] | null => {
  const tokens = pausedBy.map(({ token }) => token).filter((token) => token !== '');
  return tokens.length > 0 ? tokens : null;
};

const givenUpFields = (former: NonNullable<TimerState['givenUp']>): GivenUpRecord & Fields => ({
  eventId: former.eventId,
  attempts: former.attempt,
  scheduledFor: momentText(former.scheduledFor),
  givenUpAt: momentText(former.at),
  ...text('eventData', former.data),
  ...value('error', former.error),
});

const manualFields = (manual: NonNullable<TimerState['manual']>): Fields => ({
  manualRequestId: manual.requestId,
  manualRequestTime: momentText(manual.requestedAt),
  manualTimeout: `${manual.timeoutMs}ms`,
  manualProcessed: manual.processed,
  ...value('manualEventId', manual.eventId),
});
