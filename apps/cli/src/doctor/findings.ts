export interface Finding {
  readonly what: string;
  readonly state: 'ok' | 'warning' | 'bad';
  readonly told: string;
  /** What to do; of what is not well. */
  readonly next?: string;
}

const ok = (what: string, told: string): Finding => ({ what, state: 'ok', told });
const warning = (what: string, told: string, next: string): Finding => ({
  what,
  state: 'warning',
  told,
  next,
});
const bad = (what: string, told: string, next: string): Finding => ({ what, state: 'bad', told, next });

const oldestNode = 20;

export function runtimeFinding(node: string, zoneData: string | undefined): Finding {
  const told = `Node ${node}, zone data ${zoneData ?? 'unknown'}`;
  return Number(node.split('.')[0]) >= oldestNode
    ? ok('runtime', told)
    : bad('runtime', told, 'run it with Node 20.19 or newer');
}

const skewWarningMs = 250;
const skewBadMs = 2_000;

/** @param aheadMs how far the other clock is ahead of this machine's; `roundTripMs` is how exactly that is known */
export function clockFinding(other: string, aheadMs: number, roundTripMs: number): Finding {
  const what = `clock of ${other}`;
  const offMs = Math.max(0, Math.abs(aheadMs) - roundTripMs / 2);
  const told = `${Math.round(Math.abs(aheadMs))} ms ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine, ± ${Math.ceil(roundTripMs / 2)} ms`;
  if (offMs > skewBadMs)
    return bad(what, told, 'let NTP (chrony, timesyncd) set both: due times are those of the database');
  if (offMs > skewWarningMs) return warning(what, told, 'look at NTP on both machines');
  return ok(what, told);
}

const heldWarningMs = 10 * 60_000;
/** Of one whose age is not known: a day at a few transactions a second, some minutes at a few thousand. */
const heldWarningTransactions = 1_000_000;

/** Whether vacuum may take away what died: the rows that change with every batch grow slow where it may not. */
export function vacuumFinding(
  what: string,
  holder: {
    readonly who: string;
    readonly ageMs: number | null;
    readonly transactions: number;
  } | null,
): Finding {
  const name = `vacuum of ${what}`;
  if (holder === null) return ok(name, 'nobody holds it back');
  const { who, ageMs, transactions } = holder;
  const since = ageMs === null ? '' : `${Math.round(ageMs / 1_000)} s and `;
  const told = `${who} has held it back for ${since}${transactions} transactions`;
  const isLong = ageMs === null ? transactions > heldWarningTransactions : ageMs > heldWarningMs;
  return isLong
    ? warning(name, told, 'end it if nobody needs it: docs/operations.md, Vacuum')
    : ok(name, told);
}

export interface SchemaSeen {
  readonly missing: readonly string[];
  readonly unknown: readonly string[];
  readonly partitions: number | null;
  readonly isLogReady: boolean;
}

export function schemaFindings({ missing, unknown, partitions, isLogReady }: SchemaSeen): Finding[] {
  if (missing.length > 0)
    return [bad('schema', `lacks ${missing.join(', ')}`, '`carillon migrate` brings it to this version')];
  const schema =
    unknown.length > 0
      ? warning('schema', `is newer than this program: ${unknown.join(', ')}`, 'use the newer version of it')
      : ok('schema', `is this version's, for a log of ${partitions} partitions`);
  if (isLogReady) return [schema];
  const log = bad(
    'log',
    'has no room for today',
    'start a scheduler, or `carillon migrate`: each makes the coming days',
  );
  return [schema, log];
}

interface Place {
  readonly number: number;
  readonly of: number;
}

/** Of a database as it was set up, and as DATABASE_URL or DATABASE_URLS has it. */
export function placeFindings(what: string, setUp: Place, configured: Place): Finding[] {
  if (setUp.number === configured.number && setUp.of === configured.of) return [];
  const told = `was set up as number ${setUp.number + 1} of ${setUp.of}`;
  return [bad(what, told, 'name the databases as they were set up: all of them, in their order')];
}

/**
 * @param counts partitions of each topic; null: it is not there
 * @param partitions as many as the log has; null: any number is right
 */
export function topicFindings(
  counts: ReadonlyMap<string, number | null>,
  partitions: number | null,
): Finding[] {
  return [...counts].map(([topic, count]) => {
    const what = `topic ${topic}`;
    if (count === null)
      return bad(what, 'is not there', 'start a scheduler, which makes it; is TOPIC_PREFIX right?');
    if (partitions !== null && count !== partitions)
      return bad(
        what,
        `has ${count} partitions, the log has ${partitions}`,
        `\`carillon partitions expand ${Math.max(count, partitions)}\` goes on with an expansion that was begun; is TOPIC_PREFIX right?`,
      );
    return ok(what, `${count} partitions`);
  });
}

export interface OffsetSeen {
  readonly topic: string;
  readonly partition: number;
  readonly next: bigint;
  readonly low: bigint;
  readonly high: bigint;
}

const waitingWarning = 10_000n;

export function offsetFindings(offsets: readonly OffsetSeen[]): Finding[] {
  const outside = offsets.filter(({ next, low, high }) => next < low || next > high);
  const waiting = offsets.reduce((sum, { next, high }) => sum + (high > next ? high - next : 0n), 0n);
  if (outside.length === 0)
    return waiting > waitingWarning
      ? [
          warning(
            'commands',
            `${waiting} wait`,
            'are schedulers up, and is Postgres quick enough? `carillon partitions`',
          ),
        ]
      : [ok('commands', `${waiting} wait`)];
  return outside.map(({ topic, partition, next, low, high }) =>
    bad(
      `offset of ${topic}/${partition}`,
      `the database reads on at ${next}, the topic has ${low} to ${high}`,
      `was it made anew, or a backup restored? Then \`carillon offsets set ${topic} ${partition} ${low}\``,
    ),
  );
}

export function groupFinding(name: string, state: 'empty' | 'dealing' | 'dealt'): Finding {
  const what = `processes of ${name}`;
  if (state === 'dealt') return ok(what, 'are there, each with its share');
  if (state === 'dealing')
    return warning(what, 'are dealing out their partitions', 'ask again in some seconds');
  return bad(what, 'are not there', `start ${name}, or set its group's variable as the processes have it`);
}

export const absence = bad;
export const presence = ok;

export const exitCodeOf = (findings: readonly Finding[]): number =>
  findings.some(({ state }) => state === 'bad') ? 1 : 0;
