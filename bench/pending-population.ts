import pg from 'pg';
import { type CommandEnvelope, decideAll, TransientLogError } from '#engine';
import { HotConnection, migrate, PostgresTimerLog } from '#postgres';
import { decide, evolve, mintTimerId } from '#timer';
import { envelopeOf } from './command-envelopes.js';
import { partitions } from './stage.js';

// Many timers that wait, made by the scheduler's own batch path: each command is validated and decided, each batch loads,
// writes and appends in one transaction as the scheduler's do. Only Kafka is left out, before and after it.

const dayMs = 86_400_000;
/** Nothing is due before: the day on which each of them fires once. */
export const dayStart = Date.UTC(2030, 0, 1);
const batch = 1_000;
/** Transactions in flight: while they wait for the database this process decides others. */
const lanes = 3;
const goldenShare = 0.618_033_988_749_895;

export const namespaceOf = (n: number): string => `tenant-${n % 50}`;
export const hookClasses: readonly string[] = Array.from({ length: 10 }, (_, n) => `hooks-${n}`);
export const keyOf = (n: number): string => `order-${String(n).padStart(9, '0')}`;

/** The n-th timer: daily, at a moment of the day that has nothing to do with its number, so with its place on disk. */
const createOf = (n: number): CommandEnvelope =>
  envelopeOf(namespaceOf(n), keyOf(n), {
    type: 'CreateTimer',
    timer: {
      schedPolicyType: 'INTERVAL',
      schedPolicyExpr: '1d',
      startAt: new Date(dayStart + Math.floor(((n * goldenShare) % 1) * dayMs)).toISOString(),
      hookClass: hookClasses[n % hookClasses.length] ?? '',
      tags: [
        n % 2 === 0 ? 'eu' : 'us',
        `team-${Math.floor(n / 3) % 100}`,
        ...(n % 10_000 === 0 ? ['rare'] : []),
      ],
      data: '{"invoice":17}',
    },
  });

/**
 * Fills the database up to `count` timers; what is there stays, so it may be killed at any moment and called again.
 * @returns the timers that are there
 */
export async function populate(
  databaseUrl: string,
  count: number,
  say: (line: string) => void,
): Promise<number> {
  await migrate(databaseUrl, partitions);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  const log = { warn: (_: object, message: string) => say(message) };
  const connections = Array.from(
    { length: lanes },
    (_, lane) => new HotConnection({ databaseUrl, applicationName: `populate ${lane}`, log }),
  );
  let [made, next] = await progressOf(pool);
  let [saidAt, saidMade] = [performance.now(), made];
  const fill = async (connection: HotConnection): Promise<void> => {
    const timers = new PostgresTimerLog(connection, pool);
    while (made < count) {
      const size = Math.min(batch, count - made);
      const from = next;
      made += size;
      next += size;
      await append(
        timers,
        Array.from({ length: size }, (_, n) => createOf(from + n)),
      );
      const seconds = (performance.now() - saidAt) / 1_000;
      if (seconds < 10) continue;
      say(`${made} timers; ${Math.round((made - saidMade) / seconds)} a second`);
      [saidAt, saidMade] = [performance.now(), made];
    }
  };
  try {
    await Promise.all(connections.map(fill));
    [made] = await progressOf(pool);
    // nobody has published them, and nobody is to: what is measured here does not read the feed of years
    await pool.query(
      'update relay_checkpoint r set position = h.next - 1 from log_head h where h.partition = r.partition',
    );
    return made;
  } finally {
    await Promise.all(connections.map((connection) => connection.close()));
    await pool.end();
  }
}

/** How many there are, and the number of the next one: a run that was killed may have left gaps. */
async function progressOf(pool: pg.Pool): Promise<[number, number]> {
  const { rows } = await pool.query<{ made: string; last: string | null }>(
    `select count(*) as made, (select max(key) from timer_spec where key < 'order.') as last from timer_spec where key like 'order-%'`,
  );
  return [Number(rows[0]?.made ?? 0), Number(rows[0]?.last?.slice('order-'.length) ?? -1) + 1];
}

async function append(log: PostgresTimerLog, envelopes: readonly CommandEnvelope[]): Promise<void> {
  const commands = envelopes.flatMap(({ content }) => (content.kind === 'command' ? [content] : []));
  const request = {
    offsets: [],
    targets: commands.map(({ target }) => target),
    commandIds: commands.map(({ commandId }) => commandId),
    due: [],
    dueElsewhere: [],
  };
  for (;;) {
    try {
      await log.transact(
        request,
        (loaded) =>
          decideAll(envelopes, loaded, { decide, evolve }, (slot) =>
            mintTimerId(loaded.now, slot, crypto.getRandomValues(new Uint8Array(10))),
          ).writes,
      );
      return;
    } catch (error) {
      // a time-out: the disk was busy, nothing was written
      if (!(error instanceof TransientLogError)) throw error;
    }
  }
}
