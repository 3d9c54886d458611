import { rebuild, verify } from '#postgres';
import { withPool } from './connection.js';

/** @returns the exit code: 0 if the log and the state agree */
export async function verifyCommand({ json }: { readonly json?: boolean }): Promise<number> {
  const report = await withPool((pool) => verify(pool));
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    for (const { what, timerId, detail } of report.findings)
      process.stdout.write(`${what}  ${timerId ?? ''}  ${detail}\n`);
    const verdict =
      report.findings.length === 0
        ? 'the log and the state agree'
        : `${report.findings.length} findings; \`carillon rebuild\` makes the state anew from the log`;
    process.stdout.write(`${report.timers} timers, ${report.events} events: ${verdict}\n`);
  }
  return report.findings.length === 0 ? 0 : 1;
}

export async function rebuildCommand(): Promise<number> {
  const { timers, removed } = await withPool((pool) => rebuild(pool));
  process.stdout.write(`${timers} timers made anew from the log, ${removed} removed that it does not know\n`);
  return 0;
}

/** For a person who has looked at why a stored offset is outside its topic. */
export async function setOffsetCommand(topic: string, partition: string, offset: string): Promise<number> {
  await withPool((pool) =>
    pool.query(
      `insert into consumer_offset (topic, partition, next_offset) values ($1, $2, $3)
       on conflict (topic, partition) do update set next_offset = excluded.next_offset`,
      [topic, Number(partition), BigInt(offset)],
    ),
  );
  process.stdout.write(`${topic}/${partition} will be read from ${offset}; restart the scheduler\n`);
  return 0;
}
