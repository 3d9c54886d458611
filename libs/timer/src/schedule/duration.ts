// Durations as people write them: `1h30m`, `1.5d`, `250ms`, or ISO 8601 (`PT90M`, `P1DT12H`). Elapsed time only:
// a day is 24 hours. Months and years have no fixed length and are refused.

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const isoUnitMs: Readonly<Record<string, number>> = {
  W: 604_800_000,
  D: 86_400_000,
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
};
const textLengthMax = 64;
/** A hundred years; longer is surely a slip. */
export const durationMsMax = 100 * 365 * 86_400_000;

export type DurationReading =
  | { readonly ok: true; readonly ms: number }
  | { readonly ok: false; readonly message: string };

const wrong = (text: string, why: string): DurationReading => ({
  ok: false,
  message: `'${text.slice(0, 64)}' is not a duration: ${why}; write for example 250ms, 30s, 1h30m, 1.5d or PT90M`,
});

/** Whole milliseconds, at least 1. */
export function parseDuration(text: string): DurationReading {
  if (text.length > textLengthMax) return wrong(text, `it is longer than ${textLengthMax} characters`);
  const sum = text.startsWith('P') ? sumOfIso(text) : sumOfParts(text);
  if (typeof sum === 'string') return wrong(text, sum);
  const ms = Math.round(sum);
  if (ms < 1) return wrong(text, 'it must be at least 1 ms');
  if (ms > durationMsMax) return wrong(text, 'it is longer than a hundred years');
  return { ok: true, ms };
}

function sumOfParts(text: string): number | string {
  if (text === '') return 'it is empty';
  const part = /(\d+(?:\.\d+)?|\.\d+)([a-zA-Z]*)/y;
  let sum = 0;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (found === null) return 'expected a number and a unit';
    const unit = found[2] ?? '';
    const factor = unitMs[unit];
    if (factor === undefined) return unit === '' ? 'a number has no unit' : `unknown unit ${unit}`;
    sum += Number(found[1]) * factor;
  }
  return sum;
}

function sumOfIso(text: string): number | string {
  const found = /^P(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?$/.exec(text);
  if (found === null)
    return /^P[^T]*[YM]/.test(text) ? 'months and years have no fixed length' : 'it is not ISO 8601';
  const amounts = found.slice(1);
  if (amounts.every((amount) => amount === undefined) || text.endsWith('T')) return 'it is not ISO 8601';
  let sum = 0;
  for (const [index, unit] of ['W', 'D', 'H', 'M', 'S'].entries()) {
    const amount = amounts[index];
    if (amount === undefined) continue;
    if (!/^\d+(\.\d+)?$/.test(amount)) return 'it is not ISO 8601';
    sum += Number(amount) * (isoUnitMs[unit] ?? 0);
  }
  return sum;
}

const known = new Map<string, number>();
const knownMax = 1_000;

/** For durations that were validated when the timer was made; remembers the last thousand texts. */
export function durationMs(text: string): number {
  const remembered = known.get(text);
  if (remembered !== undefined) return remembered;
  const reading = parseDuration(text);
  if (!reading.ok) throw new Error(reading.message);
  if (known.size >= knownMax) known.clear();
  known.set(text, reading.ms);
  return reading.ms;
}
