import { topicsOf } from '#contract';
import { KafkaAdmin } from '#kafka';
import { apiUrl, databaseUrls, groupIds, inDatabase, kafka, topicPrefix } from '../connection.js';
import { paint, type ShownAs, say, sayJson } from '../output/out.js';
import { harmless } from '../output/table.js';
import { databaseNext, lookAtDatabases } from './databases-look.js';
import {
  absence,
  exitCodeOf,
  type Finding,
  groupFinding,
  offsetFindings,
  presence,
  runtimeFinding,
  topicFindings,
} from './findings.js';
import { type Look, looked } from './looked.js';
import { storedOffsets } from './postgres-look.js';

/** Looks at everything, each by itself: one that is away does not hide the rest. @returns 1 if something is bad */
export async function doctorCommand({ json }: ShownAs): Promise<number> {
  const postgres = await looked('Postgres', databaseNext, () => lookAtDatabases(databaseUrls()));
  const partitions = postgres.partitions ?? null;
  const findings = [
    runtimeFinding(process.versions.node, process.versions.tz),
    ...postgres.findings,
    ...(await looked('Kafka', 'is it up, and is KAFKA_BROKERS right?', () => lookAtKafka(partitions)))
      .findings,
    ...(await looked('the API', 'is it up, and is CARILLON_URL right?', lookAtApi)).findings,
  ];
  if (json) sayJson(findings);
  else for (const finding of findings) show(finding);
  return exitCodeOf(findings);
}

async function lookAtKafka(partitions: number | null): Promise<Look> {
  const settings = kafka();
  const admin = new KafkaAdmin(settings);
  const { commands, events, rejected, dead, replies } = topicsOf(topicPrefix());
  const counts = await admin.partitionCounts([commands, events, rejected, dead, replies]);
  const findings = [
    presence('Kafka', settings.brokers.join(', ')),
    ...topicFindings(only(counts, [commands, events, rejected]), partitions),
    ...topicFindings(only(counts, [dead, replies]), null),
  ];
  for (const [name, group] of Object.entries(groupIds()))
    findings.push(groupFinding(name, await admin.groupState(group)));
  // without the database there is nothing to compare with, and that was told
  if (partitions !== null && counts.get(commands) !== null) {
    const stored = await offsetsWhereAnswered(commands);
    const ranges = new Map((await admin.topicOffsets(commands)).map((range) => [range.partition, range]));
    findings.push(
      ...offsetFindings(
        stored.flatMap(({ partition, next }) => {
          const range = ranges.get(partition);
          return range === undefined
            ? []
            : [{ topic: commands, partition, next, low: range.low, high: range.high }];
        }),
      ),
    );
  }
  return { findings };
}

/** Of the databases that answer: what the others do was told. */
async function offsetsWhereAnswered(topic: string) {
  const offsets = databaseUrls().map((url) =>
    inDatabase(url, (pool) => storedOffsets(pool, topic)).catch(() => []),
  );
  return (await Promise.all(offsets)).flat();
}

const only = (
  counts: ReadonlyMap<string, number | null>,
  topics: readonly string[],
): Map<string, number | null> => new Map(topics.map((topic) => [topic, counts.get(topic) ?? null]));

const apiTimeoutMs = 5_000;

async function lookAtApi(): Promise<Look> {
  const url = apiUrl();
  const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(apiTimeoutMs) });
  const { reason } = (await answer.json()) as { reason?: string };
  if (answer.ok) return { findings: [presence('the API', url)] };
  return { findings: [absence('the API', reason ?? `answered ${answer.status}`, 'its log says more')] };
}

const signs = {
  ok: paint('green', 'ok     '),
  warning: paint('yellow', 'warning'),
  bad: paint('red', 'bad    '),
};

function show({ state, what, told, next }: Finding): void {
  say(`${signs[state]}  ${harmless(`${what}: ${told}`)}`);
  if (next !== undefined) say(`         ${next}`);
}
