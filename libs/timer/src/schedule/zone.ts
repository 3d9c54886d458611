import { Temporal } from 'temporal-polyfill';

/** A stretch of time with one offset: [from, to) in epoch ms, `offsetMs` east of UTC. */
export interface OffsetSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly offsetMs: number;
}

export interface Zone {
  readonly name: string;
  /** Its offset is its name: no new edition of the zone data changes it. */
  readonly isFixed: boolean;
  spanAt(epochMs: number): OffsetSpan;
}

export type ZoneReading =
  | { readonly ok: true; readonly zone: Zone }
  | { readonly ok: false; readonly message: string };

const fixedZone = (name: string, offsetMs: number): Zone => {
  const span = Object.freeze({ fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY, offsetMs });
  return { name, isFixed: true, spanAt: () => span };
};
const utc = fixedZone('UTC', 0);

const zones = new Map<string, ZoneReading>();
const zonesMax = 1_000;
const nameLengthMax = 64;

/** Empty and `SYSTEM` mean UTC: a timer must not depend on the machine it runs on. */
export function readZone(text: string): ZoneReading {
  const remembered = zones.get(text);
  if (remembered !== undefined) return remembered;
  const reading = text.length > nameLengthMax ? unknownZone(text) : readNewZone(text);
  // what makes no sense is not worth remembering: anybody may send any amount of it
  if (!reading.ok) return reading;
  if (zones.size >= zonesMax) zones.clear();
  zones.set(text, reading);
  return reading;
}

/** Null: fine. Otherwise what is wrong. */
export function validateTimeZone(text: string): string | null {
  const reading = readZone(text);
  return reading.ok ? null : reading.message;
}

function readNewZone(text: string): ZoneReading {
  if (text === '' || /^(system|utc)$/i.test(text)) return { ok: true, zone: utc };
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(text);
  if (offset !== null) return readOffset(text, offset);
  try {
    // named zones only: Temporal would take more offset forms than we promise
    if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(text)) throw new RangeError('not a zone name');
    return { ok: true, zone: new NamedZone(text) };
  } catch {
    return unknownZone(text);
  }
}

const unknownZone = (text: string): ZoneReading => ({
  ok: false,
  message: `Unknown or incorrect time zone: '${text.slice(0, 64)}'; write an IANA name (Europe/Paris) or an offset from -12:59 to +14:00`,
});

function readOffset(text: string, [, sign, hours, minutes]: RegExpExecArray): ZoneReading {
  const total = Number(hours) * 60 + Number(minutes);
  const signed = sign === '-' ? -total : total;
  if (Number(minutes) > 59 || signed < -(12 * 60 + 59) || signed > 14 * 60) return unknownZone(text);
  return { ok: true, zone: fixedZone(text, signed * 60_000) };
}

/** Spans between transitions, found by Temporal once and remembered: most questions fall into the last one. */
class NamedZone implements Zone {
  readonly isFixed = false;
  #spans: OffsetSpan[] = [];
  #last: OffsetSpan;

  constructor(readonly name: string) {
    this.#last = this.#find(0);
  }

  spanAt(epochMs: number): OffsetSpan {
    if (epochMs >= this.#last.fromMs && epochMs < this.#last.toMs) return this.#last;
    const known = this.#spans.find(({ fromMs, toMs }) => epochMs >= fromMs && epochMs < toMs);
    this.#last = known ?? this.#find(epochMs);
    return this.#last;
  }

  #find(epochMs: number): OffsetSpan {
    const at = Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(this.name);
    // `previous` is strictly before: a moment that is itself a transition begins its own span
    const before = at.add({ milliseconds: 1 }).getTimeZoneTransition('previous');
    const after = at.getTimeZoneTransition('next');
    const span = {
      fromMs: before?.epochMilliseconds ?? Number.NEGATIVE_INFINITY,
      toMs: after?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
      offsetMs: at.offsetNanoseconds / 1e6,
    };
    if (this.#spans.length >= 200) this.#spans = [];
    this.#spans.push(span);
    return span;
  }
}
