import {
  type AppliedCommand,
  type CommandId,
  type EndedReason,
  type EpochMs,
  type EventId,
  type GivenUpEvent,
  type Lease,
  type ManualRequest,
  type OpenEvent,
  type Outcome,
  type PauseHold,
  type Payload,
  statusOf,
  type TimerId,
  type TimerSpec,
  type TimerState,
  type TimerStatus,
  type TraceContexts,
} from '#timer';

// Between the folded state and its narrow row. What every timer has is a column; what few have lies in `extra`.

/** Column order of the load statements. */
export type StateRow = readonly [
  id: TimerId,
  nextFireAt: EpochMs | null,
  nextTick: EpochMs | null,
  watermark: EpochMs | null,
  lastTick: EpochMs | null,
  scheduledFor: EpochMs | null,
  startedAt: EpochMs | null,
  eventId: EventId | null,
  version: number,
  attempt: number,
  fires: number,
  phase: number,
  summary: string | null,
  extra: string | null,
  recent: string,
  createdAt: EpochMs,
  spec: string,
];

export const statusCodes: Readonly<Record<TimerStatus, number>> = Object.freeze({
  waiting: 0,
  asking: 1,
  open: 2,
  paused: 3,
  disabled: 4,
  faulted: 5,
  ended: 6,
});

const phases = ['none', 'asking', 'delayed', 'delivered', 'retrying', 'answered'] as const;
const phaseCodes: Readonly<Record<OpenEvent['phase'] | 'none', number>> = Object.freeze({
  none: 0,
  asking: 1,
  delayed: 2,
  delivered: 3,
  retrying: 4,
  answered: 5,
});

/** Parts of a state that most timers do not have; each is left out where it says nothing. */
interface Extra {
  readonly open?: Partial<
    Pick<
      OpenEvent,
      | 'attemptsBefore'
      | 'handedBack'
      | 'watermarkBefore'
      | 'lastTickBefore'
      | 'data'
      | 'manualRequestId'
      | 'worker'
      | 'claimed'
      | 'progress'
      | 'lastError'
    >
  >;
  readonly manual?: ManualRequest;
  readonly pausedAt?: EpochMs;
  /** Left out where one holds it without a token. */
  readonly pausedBy?: readonly PauseHold[];
  readonly resumedAt?: EpochMs;
  readonly wasDisabled?: true;
  readonly closedAt?: EpochMs;
  readonly fault?: string;
  readonly givenUp?: GivenUpEvent;
  readonly endedReason?: EndedReason;
  readonly endedAt?: EpochMs;
  readonly outcome?: Outcome;
  readonly children?: readonly TimerId[];
  readonly waitingTick?: EpochMs;
  readonly lease?: Lease;
  readonly trace?: TraceContexts;
}

const phaseOf = (code: number): OpenEvent['phase'] | 'none' => phases[code] ?? 'none';

export function stateFromRow(row: StateRow): TimerState {
  const [
    id,
    nextFireAt,
    nextTick,
    watermark,
    lastTick,
    scheduledFor,
    startedAt,
    eventId,
    version,
    attempt,
    fires,
  ] = row;
  const [, , , , , , , , , , , phaseCode, summary, extraText, recent, createTime, specText] = row;
  const extra = extraText === null ? {} : (JSON.parse(extraText) as Extra);
  const phase = phaseOf(phaseCode);
  return {
    id,
    spec: JSON.parse(specText) as TimerSpec,
    version,
    createTime,
    watermark,
    lastTick,
    nextTick,
    nextFireAt,
    fires,
    summary: summary === null ? null : (JSON.parse(summary) as Payload),
    open:
      phase === 'none' || eventId === null || scheduledFor === null || startedAt === null
        ? null
        : {
            phase,
            eventId,
            attempt,
            attemptsBefore: 0,
            scheduledFor,
            startedAt,
            watermarkBefore: watermark,
            data: null,
            manualRequestId: null,
            worker: null,
            claimed: false,
            progress: null,
            lastError: null,
            ...extra.open,
          },
    manual: extra.manual ?? null,
    pausedAt: extra.pausedAt ?? null,
    pausedBy: extra.pausedBy ?? plainHold(extra.pausedAt),
    resumedAt: extra.resumedAt ?? null,
    wasDisabled: extra.wasDisabled,
    closedAt: extra.closedAt ?? null,
    fault: extra.fault ?? null,
    givenUp: extra.givenUp ?? null,
    endedReason: extra.endedReason ?? null,
    endedAt: extra.endedAt,
    outcome: extra.outcome,
    children: extra.children ?? [],
    waitingTick: extra.waitingTick ?? null,
    lease: extra.lease ?? null,
    recent: parseRecent(recent),
    trace: extra.trace,
  };
}

export const statusCode = (state: TimerState): number => statusCodes[statusOf(state)];
export const phaseCode = (state: TimerState): number => phaseCodes[state.open?.phase ?? 'none'];
export const summaryText = ({ summary }: TimerState): string | null =>
  summary === null ? null : JSON.stringify(summary);

export function extraText(state: TimerState): string | null {
  const { open, manual, pausedAt, resumedAt, closedAt, fault, givenUp, endedReason, endedAt, outcome } =
    state;
  const { waitingTick, lease, trace } = state;
  const children = state.children.length === 0 ? null : state.children;
  const openExtra = open === null ? null : openExtraOf(open, state.watermark);
  const few = [openExtra, manual, pausedAt, resumedAt, closedAt, fault, givenUp, endedReason];
  const rest = [...few, children, waitingTick, lease];
  const later = [outcome, endedAt, trace];
  if (rest.every((part) => part === null) && later.every((part) => part === undefined)) return null;
  const extra: Extra = {
    ...(openExtra !== null && { open: openExtra }),
    ...(manual !== null && { manual }),
    ...(pausedAt !== null && { pausedAt }),
    ...(isPlainHold(state) ? {} : { pausedBy: state.pausedBy }),
    ...(resumedAt !== null && { resumedAt }),
    ...(state.wasDisabled !== undefined && { wasDisabled: state.wasDisabled }),
    ...(closedAt !== null && { closedAt }),
    ...(fault !== null && { fault }),
    ...(givenUp !== null && { givenUp }),
    ...(endedReason !== null && { endedReason }),
    ...(endedAt !== undefined && { endedAt }),
    ...(outcome !== undefined && { outcome }),
    ...(children !== null && { children }),
    ...(waitingTick !== null && { waitingTick }),
    ...(lease !== null && { lease }),
    ...(trace !== undefined && { trace }),
  };
  return JSON.stringify(extra);
}

const plainHold = (pausedAt: EpochMs | undefined): readonly PauseHold[] =>
  pausedAt === undefined ? [] : [{ token: '', at: pausedAt }];
const isPlainHold = ({ pausedAt, pausedBy }: TimerState): boolean =>
  pausedAt === null || (pausedBy.length === 1 && pausedBy[0]?.token === '' && pausedBy[0].at === pausedAt);

function openExtraOf(open: OpenEvent, watermark: EpochMs | null): NonNullable<Extra['open']> | null {
  const { attemptsBefore, handedBack, watermarkBefore, data, manualRequestId, worker, claimed, progress } =
    open;
  const { lastError, lastTickBefore } = open;
  if (
    attemptsBefore === 0 &&
    watermarkBefore === watermark &&
    data === null &&
    manualRequestId === null &&
    worker === null &&
    !claimed &&
    progress === null &&
    lastError === null &&
    lastTickBefore === undefined
  ) {
    return null;
  }
  const most = {
    attemptsBefore,
    watermarkBefore,
    data,
    manualRequestId,
    worker,
    claimed,
    progress,
    lastError,
  };
  return {
    ...most,
    ...(handedBack !== undefined && { handedBack }),
    ...(lastTickBefore !== undefined && { lastTickBefore }),
  };
}

/** "id:version,id:+version", newest last; the sign, which a reader of before passes over, says that it was an answer. */
export const recentText = (recent: readonly AppliedCommand[]): string => {
  let text = '';
  for (const { commandId, version, isAnswer } of recent)
    text += `${text === '' ? '' : ','}${commandId}:${isAnswer === true ? '+' : ''}${version}`;
  return text;
};

export function parseRecent(text: string): AppliedCommand[] {
  if (text === '') return [];
  return text.split(',').map((entry) => {
    const colon = entry.indexOf(':');
    const command = {
      commandId: entry.slice(0, colon) as CommandId,
      version: Number(entry.slice(colon + 1)),
    };
    return entry[colon + 1] === '+' ? { ...command, isAnswer: true } : command;
  });
}
