import type pg from 'pg';
import { decide, type EpochMs, evolve, mintTimerId, type TimerState } from '#timer';

/** Sizes of what the filters of the generated timers find, so that a figure can be read beside its selectivity. */
export const population = Object.freeze({
  namespaces: 50,
  hookClasses: 10,
  tagsOfOneInHundred: 100,
  rareTagEvery: 10_000,
});

const perStatementMax = 100_000;

/**
 * Timers by SQL alone, at rest as a service would have left them: 93% waiting, the others open, paused, disabled, faulted
 * and ended; next times over thirty days, one in ten at the same midnight; keys, tags and hook classes of every frequency.
 */
export async function generateTimers(pool: pg.Pool, count: number): Promise<void> {
  const spec = JSON.stringify(sample().spec);
  for (let from = 0; from < count; from += perStatementMax) {
    const size = Math.min(perStatementMax, count - from);
    await pool.query(insertSpecs, [from, size, spec]);
    await pool.query(insertStates, [from, size]);
  }
  await pool.query('vacuum analyze timer_spec');
  await pool.query('vacuum analyze timer_state');
}

/** A timer's id from its number: as the service mints them, rising, with the slot in its place. */
const idOf = `
  (select (substr(t, 1, 8) || '-' || substr(t, 9, 4) || '-70' || lpad(to_hex(slot), 2, '0') || '-8' || substr(m, 1, 3) || '-' || substr(m, 4, 12))::uuid
   from (values (lpad(to_hex(1767225600000 + n), 12, '0'), md5(n::text))) as v (t, m))`;

const numbered = `(select n, (hashint4(n)::bigint & 255)::int as slot from generate_series($1::int, $1::int + $2::int - 1) n)`;

const insertSpecs = `
  insert into timer_spec (id, created_at, slot, namespace, key, hook_class, tags, spec, enable)
  select ${idOf}, to_timestamp((1767225600000 + n) / 1000.0), slot, namespace, key, hook_class, tags,
    replace(replace(replace(replace($3::text, '"@namespace"', to_json(namespace)::text), '"@key"', to_json(key)::text),
      '"@hookClass"', to_json(hook_class)::text), '["@tags"]', to_json(tags)::text), enable
  from (
    select n, slot, 'tenant-' || n % ${population.namespaces} as namespace, 'order-' || lpad(n::text, 9, '0') as key,
      'hooks-' || (n / 7) % ${population.hookClasses} as hook_class, n % 100 not in (40, 41) as enable,
      array_remove(array[case when n % 2 = 0 then 'eu' end, 'team-' || (n / 3) % ${population.tagsOfOneInHundred},
        case when n % ${population.rareTagEvery} = 0 then 'rare' end], null) as tags
    from ${numbered} as numbered
  ) as timers`;

const insertStates = `
  insert into timer_state (id, next_fire_at, next_tick, event_id, scheduled_for, started_at, version, attempt, fires, slot, status, phase, recent, extra)
  select ${idOf}, case when status < 3 then due end, case when status = 0 then due end, case when status = 2 then gen_random_uuid() end,
    case when status = 2 then now() end, case when status = 2 then now() end, 1, case when status = 2 then 1 else 0 end, 0, slot, status,
    case when status = 2 then 3 else 0 end, '',
    case when n % 1000 = 5 then '{"givenUp":{"eventId":"e","attempt":1,"at":1767225600000,"error":"no route"}}' else case status when 3 then '{"pausedAt":1767225600000}' when 5 then '{"fault":"said so"}' when 6 then '{"endedReason":"done"}' end end
  from (
    select n, slot, case n % 100 when 10 then 2 when 20 then 3 when 21 then 3 when 40 then 4 when 41 then 4 when 50 then 5 when 60 then 6 else 0 end as status,
      date_trunc('day', now()) + interval '1 day' + case when n % 10 = 3 then interval '5 days' else (hashint8(n)::bigint & 8388607) * interval '309 milliseconds' end as due
    from ${numbered} as numbered
  ) as timers`;

function sample(): TimerState {
  const [at, random] = [0 as EpochMs, new Uint8Array(10)];
  const command = {
    type: 'CreateTimer',
    commandId: '' as never,
    timerId: mintTimerId(at, 0, random),
    namespace: '@namespace',
    key: '@key',
    timer: {
      schedPolicyType: 'INTERVAL',
      schedPolicyExpr: '1h',
      hookClass: '@hookClass',
      tags: ['@tags'],
      data: { text: '{"invoice":17,"customer":"c-4711","amount":"129.90","currency":"EUR"}' },
    },
  } as const;
  const named = { ...command, namespace: 'namespace', timer: { ...command.timer, hookClass: 'hooks' } };
  const decision = decide(null, named, at);
  if (!decision.ok) throw new Error(decision.rejection.message);
  const state = decision.events.reduce<TimerState | null>(
    (before, event, index) => evolve(before, { version: index + 1, commandId: null, event }),
    null,
  );
  if (state === null) throw new Error('the sample was not created');
  return { ...state, spec: { ...state.spec, namespace: '@namespace', hookClass: '@hookClass' } };
}
