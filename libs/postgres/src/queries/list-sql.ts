import type { PagePosition, TimerOrder } from '#engine';
import type { TimerCondition } from '#timer';
import { conditionSql, orderingPart } from './condition-sql.js';
import { momentText, Parameters } from './parameters.js';
import { everyTimer, specColumns, type TimerSource } from './timer-source.js';

export interface Query {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What a page may hold; one timer more is looked for, to know whether there is a next page. */
export interface Bounds {
  readonly limit: number;
  readonly bytes: number;
}

/** In the order of `StateRow`. */
export const stateColumns = `s.id, s.next_fire_at, s.next_tick, s.watermark, s.last_tick, s.scheduled_for, s.started_at, s.event_id,
  s.version, s.attempt, s.fires, s.phase, s.summary, s.extra, s.recent, p.created_at, p.spec`;

/** By id or by key: one index gives the order, or what matches is few and sorted. */
export function listQuery(
  order: Exclude<TimerOrder, 'nextFireTime'>,
  condition: TimerCondition,
  after: PagePosition | null,
  bounds: Bounds,
  sourceOf = everyTimer,
): Query {
  const parameters = new Parameters();
  const source = sourceOf(parameters);
  const where = conditionSql(condition, parameters);
  const needs = order === 'key' ? { ...where, usesSpec: true } : where;
  const id = needs.usesSpec || !needs.usesState ? 'p.id' : 's.id';
  const { columns, by } = orderSql(order, id);
  const page = `select ${columns} from ${source.tables(needs)}
    where ${source.guard}${where.text}${afterText(id, after, parameters)} order by ${by} limit ${parameters.add(bounds.limit + 1, 'int')}`;
  return pageQuery(page, parameters, bounds, source);
}

/**
 * The same among the next timers in the order, whatever the planner expects of the condition: for those that many timers meet.
 * @param reach how many timers that is
 */
export function walkQuery(
  order: Exclude<TimerOrder, 'nextFireTime'>,
  condition: TimerCondition,
  after: PagePosition | null,
  bounds: Bounds,
  reach: number,
): Query {
  const sourceOf = (parameters: Parameters): TimerSource => {
    const max = parameters.add(reach, 'int');
    const way = `from timer_spec p where ${orderingPart(order, condition, parameters)}${afterText('p.id', after, parameters)}
      order by ${orderSql(order, 'p.id').by} limit ${max}`;
    return {
      before: '',
      tables: ({ usesState }) =>
        `(select ${specColumns} ${way}) p${usesState ? ' join timer_state s on s.id = p.id' : ''}`,
      guard: '',
      isCut: `(select count(*) from page) <= ${parameters.add(bounds.limit, 'int')} and (select count(*) from (select ${way}) as walked) = ${max}`,
    };
  };
  return listQuery(order, condition, after, bounds, sourceOf);
}

function orderSql(order: Exclude<TimerOrder, 'nextFireTime'>, id: string): { columns: string; by: string } {
  return order === 'key'
    ? { columns: `${id} as id, p.key as at, p.namespace as tie`, by: 'p.key, p.namespace' }
    : { columns: `${id} as id, null::text as at, ${id} as tie`, by: id };
}

function afterText(id: string, after: PagePosition | null, parameters: Parameters): string {
  if (after === null) return '';
  if (after.order !== 'key') return ` and ${id} > ${parameters.add(after.id, 'uuid')}`;
  const key = parameters.add(after.key, 'text');
  // the first says it to the index on (namespace, key), which knows no order of the pair
  return ` and p.key >= ${key} and (p.key, p.namespace) > (${key}, ${parameters.add(after.namespace, 'text')})`;
}

/** Timers with a next time, all that match sorted: for conditions that few timers meet. */
export function dueQuery(
  condition: TimerCondition,
  after: PagePosition | null,
  bounds: Bounds,
  sourceOf = everyTimer,
): Query {
  const parameters = new Parameters();
  const source = sourceOf(parameters);
  const where = { ...conditionSql(condition, parameters), usesState: true };
  const page = `select s.id, s.next_fire_at as at, s.id as tie from ${source.tables(where)}
    where ${source.guard}s.next_fire_at is not null and ${where.text}${afterDue(after, parameters)}
    order by s.next_fire_at, s.id limit ${parameters.add(bounds.limit + 1, 'int')}`;
  return pageQuery(page, parameters, bounds, source);
}

/**
 * The same from the one index on `next_fire_at`, which is kept slot by slot: the nearest of each slot, merged. A slot
 * that gave its whole share may hold more before the page's end; then `is_cut` is true and the share was too small.
 */
export function dueBySlotQuery(
  condition: TimerCondition,
  after: PagePosition | null,
  bounds: Bounds,
  share: number,
): Query {
  const parameters = new Parameters();
  const where = { ...conditionSql(condition, parameters), usesState: true };
  const from = everyTimer(parameters).tables(where);
  const found = `select d.id, d.at, d.n from generate_series(0, 255) as o (slot) cross join lateral (
    select s.id, s.next_fire_at as at, row_number() over (order by s.next_fire_at, s.id) as n from ${from}
    where s.slot = o.slot and s.next_fire_at is not null and ${where.text}${afterDue(after, parameters)}
    order by s.next_fire_at, s.id limit ${parameters.add(share, 'int')}) d`;
  const limit = parameters.add(bounds.limit + 1, 'int');
  const page = `select id, at, id as tie from found order by at, id limit ${limit}`;
  const isCut = `exists (select from found f where f.n = ${parameters.add(share, 'int')}
    and ((select count(*) from page) < ${limit} or (f.at, f.id) < (select at, id from page order by at desc, id desc limit 1)))`;
  return pageQuery(page, parameters, bounds, { before: `found as (${found}), `, isCut });
}

function afterDue(after: PagePosition | null, parameters: Parameters): string {
  if (after?.order !== 'nextFireTime' || after.nextFireAt === null) return '';
  const at = parameters.add(momentText(after.nextFireAt), 'timestamptz');
  return ` and (s.next_fire_at, s.id) > (${at}, ${parameters.add(after.id, 'uuid')})`;
}

/** Timers without a next time, which come after all others; by id. */
export function clocklessQuery(
  condition: TimerCondition,
  after: PagePosition | null,
  bounds: Bounds,
  sourceOf = everyTimer,
): Query {
  const parameters = new Parameters();
  const source = sourceOf(parameters);
  const where = { ...conditionSql(condition, parameters), usesState: true };
  const isAmong = after?.order === 'nextFireTime' && after.nextFireAt === null;
  const beyond = isAmong ? ` and s.id > ${parameters.add(after.id, 'uuid')}` : '';
  const page = `select s.id, null::timestamptz as at, s.id as tie from ${source.tables(where)}
    where ${source.guard}s.next_fire_at is null and ${where.text}${beyond}
    order by s.id limit ${parameters.add(bounds.limit + 1, 'int')}`;
  return pageQuery(page, parameters, bounds, source);
}

/** Up to `max` and one more; and whether the source was too small to say. */
export function countQuery(condition: TimerCondition, max: number, sourceOf = everyTimer): Query {
  const parameters = new Parameters();
  const { before, tables, guard, isCut } = sourceOf(parameters);
  const where = conditionSql(condition, parameters);
  const text = `with ${before}matching as (select from ${tables(where)} where ${guard}${where.text} limit ${parameters.add(max + 1, 'int')})
    select count(*)::int, ${isCut} from matching`;
  return { text, values: parameters.values };
}

/** Asks the planner, not the tables, how many timers with a next time it expects. */
export function estimateQuery(condition: TimerCondition): Query {
  const parameters = new Parameters();
  const where = { ...conditionSql(condition, parameters), usesState: true };
  const text = `explain (format json) select from ${everyTimer(parameters).tables(where)} where s.next_fire_at is not null and ${where.text}`;
  return { text, values: parameters.values };
}

/**
 * From the ids of a page to its timers, in the same statement and so of the same moment. Of large ones only so many bytes
 * are taken; sizes are read from the headers of values, not from the values. Beside each row: how many were found, one
 * more than the limit if there is more, and whether the page may lack some. A page of none is a row of nulls that says that.
 */
function pageQuery(
  page: string,
  parameters: Parameters,
  { limit, bytes }: Bounds,
  { before, isCut }: Pick<TimerSource, 'before' | 'isCut'>,
): Query {
  const text = `with ${before}page as materialized (${page}),
  sized as (
    select page.id, row_number() over w as n, count(*) over () as found,
      sum(octet_length(p.spec) + coalesce(octet_length(s.summary), 0) + coalesce(octet_length(s.extra), 0))
        over (w rows between unbounded preceding and 1 preceding) as bytes_before
    from page join timer_state s on s.id = page.id join timer_spec p on p.id = page.id
    window w as (order by page.at, page.tie)
  )
  select ${stateColumns}, sized.found::int, whole.is_cut
  from (select ${isCut} as is_cut) as whole
    left join (sized join timer_state s on s.id = sized.id join timer_spec p on p.id = sized.id)
      on sized.n <= ${parameters.add(limit, 'int')} and coalesce(sized.bytes_before, 0) < ${parameters.add(bytes, 'bigint')}
  order by sized.n`;
  return { text, values: parameters.values };
}
