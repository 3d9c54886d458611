import { dayStart } from './pending-population.js';
import type { Stage } from './stage.js';

const hourMs = 3_600_000;

/**
 * What a part of the day leaves in table and indexes, in less time: one update of each timer that is due in these hours of it, to the
 * next day. All over the table, since the moment of a timer has nothing to do with its place.
 * @returns how many
 */
export async function wear(stage: Stage, fromHour: number, hours: number): Promise<number> {
  const at = (hour: number): string => `to_timestamp(${(dayStart + hour * hourMs) / 1_000})`;
  const [updated] = await stage.sql<{ n: number }>(
    `with worn as (
       update timer_state set next_fire_at = next_fire_at + interval '1 day'
       where next_fire_at >= ${at(fromHour)} and next_fire_at < ${at(fromHour + hours)} returning 1
     ) select count(*)::int as n from worn`,
  );
  return updated?.n ?? 0;
}
