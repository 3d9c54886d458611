import type { EpochMs } from '../brand.js';
import type { DstPolicy, SchedPolicyType } from '../spec.js';
import { type CronSchedule, nextCronTick, parseCron, wallTicksOf } from './cron.js';
import { durationMsMax, parseDuration } from './duration.js';
import { dayOf } from './exclude.js';
import type { WallTicks } from './wall-cron.js';
import { readZone, type Zone } from './zone.js';

/** What the next tick of a schedule is computed from. */
export interface Progress {
  readonly createTime: EpochMs;
  readonly startAt: EpochMs | null;
  readonly watermark: EpochMs | null;
  readonly lastTick: EpochMs | null;
  readonly closedAt: EpochMs | null;
}

/** A schedule, read once and remembered: its next tick strictly after what has been. */
export interface SchedEventPolicy {
  readonly type: SchedPolicyType;
  /** Distance of ticks where it is fixed, ms. */
  readonly intervalMs: number | null;
  /** Where its local times are read: the timer's zone, or the one that a cron expression names itself. */
  readonly zone: Zone;
  /** The wall-clock times behind the ticks, where there are any. */
  readonly wall: WallTicks | null;
  nextTick(progress: Progress): EpochMs | null;
  /** Ticks after this one by the schedule alone; null where only a close tells. */
  tickAfter(tick: EpochMs, progress: Progress): EpochMs | null;
}

export type PolicyReading =
  | { readonly ok: true; readonly policy: SchedEventPolicy }
  | { readonly ok: false; readonly message: string };

const invalid = (message: string): PolicyReading => ({
  ok: false,
  message: `schedule event configuration is not valid: ${message}`,
});

const policies = new Map<string, PolicyReading>();
const policiesMax = 2_000;

/** Pure; the last two thousand are remembered, since a decision must not parse its schedule anew. */
export function createSchedEventPolicy(
  type: string,
  expr: string,
  timeZone: string,
  dst: DstPolicy,
): PolicyReading {
  const name = `${type}\n${expr}\n${timeZone}\n${dst.gap}${dst.overlap}`;
  const remembered = policies.get(name);
  if (remembered !== undefined) return remembered;
  const reading = readPolicy(type, expr, timeZone, dst);
  // what makes no sense is not worth remembering: anybody may send any amount of it
  if (!reading.ok) return reading;
  if (policies.size >= policiesMax) policies.clear();
  policies.set(name, reading);
  return reading;
}

function readPolicy(type: string, expr: string, timeZone: string, dst: DstPolicy): PolicyReading {
  const zoneReading = readZone(timeZone);
  if (!zoneReading.ok) return invalid(zoneReading.message);
  const { zone } = zoneReading;
  switch (type) {
    case 'INTERVAL':
    case 'AFTER_FINISH':
    case 'ROUNDED': {
      const reading = parseDuration(expr);
      if (!reading.ok)
        return invalid(`invalid schedule event expr '${expr.slice(0, 64)}': ${reading.message}`);
      return { ok: true, policy: durationPolicies[type](reading.ms, zone) };
    }
    case 'CRON': {
      const cron = parseCron(expr);
      return cron.ok ? { ok: true, policy: cronPolicy(cron.cron, zone, dst) } : invalid(cron.message);
    }
    case 'ONCE':
      return readOnce(expr, zone);
    case 'ON_CLOSE':
      return expr === ''
        ? { ok: true, policy: onClosePolicy(zone) }
        : invalid('ON_CLOSE takes no expression: the close names the next time');
    default:
      return invalid(
        `invalid schedule event type: '${type.slice(0, 32)}'; one of INTERVAL, CRON, ONCE, AFTER_FINISH, ROUNDED, ON_CLOSE`,
      );
  }
}

/** The later of watermark and last tick; null: never run. */
function lastPoint({ watermark, lastTick }: Progress): EpochMs | null {
  if (watermark === null || lastTick === null) return watermark ?? lastTick;
  return watermark > lastTick ? watermark : lastTick;
}
/** Where the next run is counted from: the last close, or a tick that was dropped or a watermark set after it. */
function finishOf(progress: Progress): EpochMs | null {
  const [{ closedAt }, last] = [progress, lastPoint(progress)];
  return closedAt === null || (last !== null && last > closedAt) ? last : closedAt;
}
const beginning = ({ startAt, createTime }: Progress): EpochMs => startAt ?? createTime;

const intervalPolicy = (intervalMs: number, zone: Zone): SchedEventPolicy => ({
  type: 'INTERVAL',
  intervalMs,
  zone,
  wall: null,
  nextTick: (progress) => {
    const last = lastPoint(progress);
    if (last === null) return beginning(progress);
    // with a start the ticks lie on its grid and never drift; without one they count from the watermark
    const origin = progress.startAt ?? progress.watermark ?? last;
    const steps = Math.floor((last - origin) / intervalMs) + 1;
    return (origin + Math.max(steps, progress.startAt === null ? 1 : 0) * intervalMs) as EpochMs;
  },
  tickAfter: (tick) => (tick + intervalMs) as EpochMs,
});

const afterFinishPolicy = (intervalMs: number, zone: Zone): SchedEventPolicy => ({
  type: 'AFTER_FINISH',
  intervalMs,
  zone,
  wall: null,
  nextTick: (progress) => {
    const finished = finishOf(progress);
    return finished === null ? beginning(progress) : ((finished + intervalMs) as EpochMs);
  },
  tickAfter: () => null,
});

const roundedPolicy = (intervalMs: number, zone: Zone): SchedEventPolicy => ({
  type: 'ROUNDED',
  intervalMs,
  zone,
  wall: null,
  nextTick: (progress) => {
    const finished = finishOf(progress);
    if (finished === null) return beginning(progress);
    return (Math.floor((finished + intervalMs) / intervalMs) * intervalMs) as EpochMs;
  },
  tickAfter: () => null,
});

const durationPolicies = {
  INTERVAL: intervalPolicy,
  AFTER_FINISH: afterFinishPolicy,
  ROUNDED: roundedPolicy,
} as const;

const cronPolicy = (cron: CronSchedule, timerZone: Zone, dst: DstPolicy): SchedEventPolicy => ({
  type: 'CRON',
  intervalMs: cron.kind === 'every' ? cron.intervalMs : null,
  zone: cron.zone ?? timerZone,
  wall: wallTicksOf(cron),
  nextTick: (progress) => {
    const last = lastPoint(progress) ?? progress.createTime;
    const { startAt } = progress;
    if (cron.kind === 'every' && startAt !== null && startAt > last)
      return (Math.ceil(startAt / 1_000) * 1_000) as EpochMs;
    // a start that is itself a tick fires
    const from = startAt !== null && startAt - 1 > last ? ((startAt - 1) as EpochMs) : last;
    return nextCronTick(cron, timerZone, dst, from);
  },
  tickAfter: (tick) => nextCronTick(cron, timerZone, dst, tick),
});

function readOnce(expr: string, zone: Zone): PolicyReading {
  const once = (momentOf: (createTime: EpochMs) => EpochMs): PolicyReading => ({
    ok: true,
    policy: {
      type: 'ONCE',
      intervalMs: null,
      zone,
      wall: null,
      nextTick: (progress) => {
        const [moment, last] = [momentOf(progress.createTime), lastPoint(progress)];
        return last === null || moment > last ? moment : null;
      },
      tickAfter: () => null,
    },
  });
  const duration = parseDuration(expr);
  if (duration.ok) return once((createTime) => (createTime + duration.ms) as EpochMs);
  const moment = parseInstant(expr);
  if (moment !== null) return once(() => moment);
  return invalid(
    `invalid schedule event expr '${expr.slice(0, 64)}': ONCE takes an instant (2027-03-28T09:00:00Z) or a duration from the creation (90s)`,
  );
}

/** ISO 8601 with a date, a time and an offset: an instant that needs no zone to be understood. */
export function parseInstant(text: string): EpochMs | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/.test(text)) return null;
  const moment = Date.parse(text);
  if (Number.isNaN(moment) || moment > 8.64e15 - durationMsMax) return null;
  // the parser takes a 30th of February for a 2nd of March
  return dayOf(text.slice(0, 10)) === null ? null : (moment as EpochMs);
}

/** Never run: now. After that only a close tells, and it says so itself. */
const onClosePolicy = (zone: Zone): SchedEventPolicy => ({
  type: 'ON_CLOSE',
  intervalMs: null,
  zone,
  wall: null,
  nextTick: (progress: Progress) => (lastPoint(progress) === null ? beginning(progress) : null),
  tickAfter: () => null,
});
