import type pg from 'pg';
import { topicsOf } from '#contract';
import {
  type ByDatabase,
  type ExpandableSystem,
  type ExpandOutcome,
  type LogPartitions,
  unappliedBefore,
} from '#engine';
import type { KafkaAdmin } from '#kafka';
import { expandLog, readTopology } from '#postgres';
import { storedOffsets } from '../doctor/postgres-look.js';

export interface RunningSystemSettings {
  readonly admin: KafkaAdmin;
  readonly pools: ByDatabase<pg.Pool>;
  readonly topicPrefix: string;
  readonly groups: { readonly scheduler: string; readonly fire: string };
}

/** The topics and the database that the command line was pointed to. */
export function runningSystem(settings: RunningSystemSettings): ExpandableSystem {
  const { admin, pools, topicPrefix } = settings;
  const { commands, events, rejected } = topicsOf(topicPrefix);
  const numbered = [events, rejected, commands];
  const groups = [
    { groupId: settings.groups.scheduler, topic: commands },
    { groupId: settings.groups.fire, topic: events },
  ];
  const logPartitions = async (): Promise<LogPartitions> => {
    const topologies = await Promise.all(pools.all.map((pool) => readTopology(pool)));
    const counts = topologies.map(({ partitions }) => partitions);
    return { everywhere: Math.min(...counts), furthest: Math.max(...counts) };
  };
  return {
    logPartitions,
    topicPartitions: async () => {
      const counts = await admin.partitionCounts(numbered);
      return new Map([...counts].map(([topic, count]) => [topic, count ?? 0]));
    },
    // the way of what is written first, that of what is to be written last
    widenTopics: async (to) => {
      for (const topic of numbered) await admin.widenTopic(topic, to);
    },
    groupsBehind: async (to) => {
      const behind: string[] = [];
      for (const { groupId, topic } of groups) {
        if ((await admin.groupState(groupId)) === 'empty') continue;
        const owners = await admin.groupOwners(groupId, topic);
        if (owners.size < to) behind.push(groupId);
      }
      return behind;
    },
    commandEnds: async () => {
      const { everywhere } = await logPartitions();
      const ranges = await admin.topicOffsets(commands);
      return new Map(
        ranges
          .filter(({ partition, low, high }) => partition < everywhere && high > low)
          .map(({ partition, high }) => [partition, high]),
      );
    },
    unapplied: async (ends) => {
      const stored = await Promise.all(pools.all.map((pool) => storedOffsets(pool, commands)));
      return unappliedBefore(ends, new Map(stored.flat().map(({ partition, next }) => [partition, next])));
    },
    expandLog: async (to) => {
      let outcome: ExpandOutcome = { kind: 'already' };
      for (const pool of pools.all) {
        outcome = await expandLog(pool, to);
        if (outcome.kind === 'behind' || outcome.kind === 'cut-off') break;
      }
      return outcome;
    },
  };
}
