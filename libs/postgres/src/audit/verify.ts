import type { Pool } from 'pg';
import { type DatabasePlace, isHeldBy } from '#engine';
import { slotOfTimerId, type TimerId } from '#timer';
import { placeOf } from '../database-place.js';
import { readTopology } from '../topology/read-topology.js';
import { countedUsage } from '../usage/postgres-namespace-usage.js';
import type { Finding } from './finding.js';
import { StreamCheck } from './stream-check.js';
import { type Querying, streams } from './streams.js';

export interface VerifyReport {
  readonly timers: number;
  readonly events: number;
  readonly findings: readonly Finding[];
  /** It stopped at the bound of findings: there may be others, and the counts are of what was read. */
  readonly isCut: boolean;
}

export interface VerifyOptions {
  readonly findingsMax?: number;
  /** After each page: how many timers were read so far. */
  readonly onRead?: (timers: number) => void;
}

/**
 * Proves, from one snapshot, that folding the log gives the state, and that positions and versions have no gap and no
 * double. Reads everything; changes nothing.
 */
export async function verify(
  pool: Pool,
  { findingsMax = 100, onRead = () => undefined }: VerifyOptions = {},
): Promise<VerifyReport> {
  const client = await pool.connect();
  const findings: Finding[] = [];
  let [timers, events, isCut] = [0, 0, false];
  try {
    await client.query('begin isolation level repeatable read read only');
    await client.query(`set local timezone = 'UTC'`);
    const place = await placeOf(client);
    findings.push(...(await positionFindings(client)), ...(await usageFindings(client)));
    const { splits } = await readTopology(client);
    for await (const page of streams(client, (timerId, stored) => new StreamCheck(timerId, stored, splits))) {
      isCut = findings.length >= findingsMax;
      if (isCut) break;
      timers += page.length;
      for (const { timerId, log } of page) {
        events += log.events;
        findings.push(...log.findings(), ...placeFindings(timerId, place));
      }
      onRead(timers);
    }
    await client.query('commit');
  } finally {
    client.release();
  }
  isCut ||= findings.length > findingsMax;
  return { timers, events, findings: findings.slice(0, findingsMax), isCut };
}

function placeFindings(timerId: TimerId, place: DatabasePlace): Finding[] {
  const slot = slotOfTimerId(timerId);
  if (isHeldBy(place, slot)) return [];
  const detail = `slot ${slot} lies in database ${(slot % place.of) + 1} of ${place.of}, this is number ${place.number + 1}`;
  return [{ what: 'wrong-database', timerId, detail }];
}

async function positionFindings(db: Querying): Promise<Finding[]> {
  const { rows } = await db.query<{
    partition: number;
    events: string;
    positions: string;
    first: string;
    last: string;
    next: string;
  }>(
    `select h.partition, h.next, count(e.position) as events, count(distinct e.position) as positions,
       coalesce(min(e.position), h.next) as first, coalesce(max(e.position), h.next - 1) as last
     from log_head h left join event_log e using (partition) group by h.partition, h.next order by h.partition`,
  );
  return rows.flatMap(({ partition, events, positions, first, last, next }): Finding[] => {
    const findings: Finding[] = [];
    const span = BigInt(last) - BigInt(first) + 1n;
    if (events !== positions)
      findings.push({
        what: 'position-twice',
        detail: `partition ${partition}: ${events} events on ${positions} positions`,
      });
    if (BigInt(positions) !== span)
      findings.push({
        what: 'position-gap',
        detail: `partition ${partition}: ${positions} positions from ${first} to ${last}`,
      });
    if (BigInt(last) + 1n !== BigInt(next))
      findings.push({
        what: 'head-behind',
        detail: `partition ${partition}: the head gives ${next} after ${last}`,
      });
    return findings;
  });
}

/** Of namespaces that are counted, which few are. */
async function usageFindings(db: Querying): Promise<Finding[]> {
  const { rows } = await db.query<{ namespace: string; counted: string; live: string }>(
    `select c.namespace, c.timers as counted, (
       select count(*) from timer_spec p join timer_state s using (id) where p.namespace = c.namespace and s.status <> 6
     ) as live
     from (${countedUsage}) as c order by c.namespace`,
  );
  return rows
    .filter(({ counted, live }) => counted !== live)
    .map(({ namespace, counted, live }) => ({
      what: 'usage-differs',
      detail: `namespace ${namespace} is counted with ${counted} live timers and has ${live}`,
    }));
}
