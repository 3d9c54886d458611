import type { Wraps } from '#testing';
import { feedWith, retentionWith } from './wrapping.js';

// Days are dropped, the log is spread, and databases are told apart wrongly.

export const noSnapshots = (): Wraps => retentionWith(() => ({ groundedIn: async () => [] }));

export const dropsAhead = (): Wraps => retentionWith(() => ({ neededBy: async () => null }));

export const owesNothing = (): Wraps => retentionWith(() => ({ owedFrom: async () => null }));

/** The heads are held, and nobody looks whether the feed has come to the end. */
export const spreadsAhead = (): Wraps => ({
  spread: ({ tables }, to) => {
    const marks = new Map(tables.checkpoints);
    tables.logs.forEach(({ head }, partition) => void tables.checkpoints.set(partition, head));
    const outcome = tables.expand(to);
    for (const partition of tables.checkpoints.keys())
      tables.checkpoints.set(partition, marks.get(partition) ?? 0n);
    return outcome;
  },
});

export const readsAhead = (): Wraps =>
  feedWith((feed) => ({ topology: async () => ({ ...(await feed.topology()), partitions: 256 }) }));

export const undrained = (): Wraps => ({ system: (system) => ({ ...system, unapplied: async () => 0 }) });

/** Of two, a command goes to the database of the partition that it came in. */
export const notSentOn = (): Wraps => ({ ofAnotherDatabase: (content) => content });
