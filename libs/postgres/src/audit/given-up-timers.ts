import type { Pool } from 'pg';

export interface GivenUpTimer {
  readonly timerId: string;
  readonly namespace: string;
  readonly key: string;
  readonly hookClass: string;
  readonly eventId: string;
  readonly attempts: number;
  readonly givenUpAt: Date;
  readonly error: string | null;
}

export interface GivenUpQuery {
  /** Absent: of every namespace. */
  readonly namespace?: string;
  readonly hookClass?: string;
  readonly max: number;
}

interface Row {
  readonly id: string;
  readonly namespace: string;
  readonly key: string;
  readonly hook_class: string;
  readonly extra: string;
}

// quotes within payloads are escaped, so these characters are found where a field of that name stands, and nowhere else
const sql = `
  select p.id, p.namespace, p.key, p.hook_class, s.extra
  from timer_state s join timer_spec p on p.id = s.id
  where s.extra like '%"givenUp":{%' and ($1::text is null or p.namespace = $1) and ($2::text is null or p.hook_class = $2)
  order by p.namespace, p.key
  limit $3`;

/** Timers whose last event was given up and not opened again. It reads the whole state: for a person, not for a loop. */
export async function givenUpTimers(
  pool: Pool,
  { namespace, hookClass, max }: GivenUpQuery,
): Promise<GivenUpTimer[]> {
  const { rows } = await pool.query<Row>(sql, [namespace ?? null, hookClass ?? null, max]);
  return rows.flatMap(({ id, namespace: space, key, hook_class, extra }) => {
    const { givenUp } = JSON.parse(extra) as { givenUp?: Fields };
    if (givenUp === undefined) return [];
    return [
      {
        timerId: id,
        namespace: space,
        key,
        hookClass: hook_class,
        eventId: givenUp.eventId,
        attempts: givenUp.attempt,
        givenUpAt: new Date(givenUp.at),
        error: givenUp.error ?? null,
      },
    ];
  });
}

interface Fields {
  readonly eventId: string;
  readonly attempt: number;
  readonly at: number;
  readonly error?: string | null;
}
