// Moments as people read them: in the reader's own zone, with the exact one beside them.

// previews are written on 24 hours, whatever the reader's language: one page has one clock
const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
const clock = new Intl.DateTimeFormat(undefined, time);
const dated = new Intl.DateTimeFormat(undefined, {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  ...time,
});
const whole = new Intl.NumberFormat();

/** `14:03:07` today, with the date on any other day. */
export function momentLabel(moment: string, now = new Date()): string {
  const at = new Date(moment);
  return (at.toDateString() === now.toDateString() ? clock : dated).format(at);
}

/** As `datetime-local` fields have it, in the reader's zone: `2027-03-01T09:00:00`, with milliseconds where there are any. */
export function localOf(moment: string | undefined): string {
  if (moment === undefined) return '';
  const at = new Date(moment);
  const text = new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString();
  return text.endsWith('.000Z') ? text.slice(0, 19) : text.slice(0, 23);
}

const steps = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** The two largest units: `2 h 5 min`, `350 ms`. */
export function durationLabel(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  let rest = ms;
  const parts: string[] = [];
  for (const [unit, size] of steps) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}

/** `in 5 min`, `3 s ago`. */
export function distanceLabel(moment: string, nowMs = Date.now()): string {
  const ms = Date.parse(moment) - nowMs;
  if (Math.abs(ms) < 1_000) return 'now';
  const rounded = Math.floor(Math.abs(ms) / 1_000) * 1_000;
  return ms > 0 ? `in ${durationLabel(rounded)}` : `${durationLabel(rounded)} ago`;
}

export const countLabel = ({ count, isExact }: { count: number; isExact: boolean }): string =>
  `${whole.format(count)}${isExact ? '' : '+'}`;

/** One line for what a timer follows. */
export const scheduleLabel = (timer: {
  readonly schedPolicyType: string;
  readonly schedPolicyExpr: string;
  readonly timeZone: string;
}): string =>
  `${timer.schedPolicyType.toLowerCase().replace('_', ' ')} ${timer.schedPolicyExpr}${timer.timeZone === '' ? '' : ` · ${timer.timeZone}`}`;
