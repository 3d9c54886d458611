import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/**
 * How long a migration waits for each of its locks, and everybody who comes after it behind it: less than hot connections bear (500 ms),
 * so that none of them gives up for one. A migration of several tables (0002, 0007) holds the first while it waits for the next: who
 * needs the first may wait for each wait in turn, and a hot connection that gives up then tries again.
 */
export const migrationLockTimeoutMs = 400;
/** Between two tries, the others' time. */
const pauseMs = 2_000;
const lockNotAvailable = '55P03';

export interface MigrationWait {
  /** What holds a migration up; told once for each that does. */
  readonly tell?: (message: string) => void;
  /** For all locks together. */
  readonly lockWaitMaxMs?: number;
}

/** A reader or writer that did not end held the schema as it was. What was applied before stays; migrating again goes on from there. */
export class MigrationBlockedError extends Error {
  readonly code = 'postgres/migration-blocked';
  constructor(waitedMs: number, holder: string, cause: unknown) {
    super(
      `a migration got no lock within ${Math.round(waitedMs / 1_000)} s: ${holder}; end that, or wait for its end, and migrate again`,
      { cause },
    );
    this.name = 'MigrationBlockedError';
  }
}

/**
 * Tries again whenever a lock was not to be had in `migrationLockTimeoutMs`: one `alter table` that queues behind a long reader (`pg_dump`)
 * has every statement on that table queue behind itself.
 * @throws MigrationBlockedError after `lockWaitMaxMs`
 */
export async function withoutHoldingUp(
  db: Pick<pg.Client, 'query'>,
  migrateOn: () => Promise<unknown>,
  { tell = () => undefined, lockWaitMaxMs = 10 * 60_000 }: MigrationWait,
): Promise<void> {
  const startedAt = performance.now();
  for (let told = ''; ; await sleep(pauseMs)) {
    try {
      await migrateOn();
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== lockNotAvailable) throw error;
      const holder = await oldestTransaction(db);
      const waitedMs = performance.now() - startedAt;
      if (waitedMs >= lockWaitMaxMs) throw new MigrationBlockedError(waitedMs, holder, error);
      if (holder !== told) tell(`a migration waits, and nobody behind it: ${holder}`);
      told = holder;
    }
  }
}

/** Who holds a lock is known only while somebody waits for it; a lock that is held for long is held by a transaction that is old. */
async function oldestTransaction(db: Pick<pg.Client, 'query'>): Promise<string> {
  const { rows } = await db.query<{ who: string }>(
    `select format('%s (pid %s), since %s UTC', coalesce(nullif(application_name, ''), 'a session'), pid,
       to_char(xact_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')) as who
     from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null
     order by xact_start limit 1`,
  );
  const [oldest] = rows;
  return oldest === undefined
    ? 'transactions hold its tables that this user may not see (pg_stat_activity)'
    : `the oldest transaction is that of ${oldest.who}`;
}
