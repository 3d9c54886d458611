import type { ExpandOutcome } from '../log/topology.js';

/** A running system, as an expansion sees and changes it. Whatever changes something may be done again. */
export interface ExpandableSystem {
  logPartitions(): Promise<LogPartitions>;
  /** Topics whose partitions are numbered as the log's are, with how many each has. */
  topicPartitions(): Promise<ReadonlyMap<string, number>>;
  widenTopics(to: number): Promise<void>;
  /** Consumer groups with members that have not dealt out so many partitions yet. */
  groupsBehind(to: number): Promise<readonly string[]>;
  /** Where the commands in the log's own partitions end now. */
  commandEnds(): Promise<CommandEnds>;
  /** Commands before these ends that are not applied. */
  unapplied(ends: CommandEnds): Promise<number>;
  expandLog(to: number): Promise<ExpandOutcome>;
}
/** How many the log has. They differ where an expansion of several databases stopped between two of them. */
export interface LogPartitions {
  readonly everywhere: number;
  readonly furthest: number;
}
export type CommandEnds = ReadonlyMap<number, bigint>;

/** Commands before these ends, where so much of each partition is applied. */
export function unappliedBefore(ends: CommandEnds, applied: ReadonlyMap<number, bigint>): number {
  const left = [...ends].map(([partition, end]) => Number(end - (applied.get(partition) ?? 0n)));
  return left.reduce((sum, count) => sum + Math.max(0, count), 0);
}

export interface ExpansionHelp {
  /** A line for whoever waits; the same one is not told twice in a row. */
  tell(line: string): void;
  /** Waits a moment. @throws ExpansionStalledError when it has taken too long; `why` says what did not come */
  pause(why: string): Promise<void>;
}

/** It goes on where it stopped, when it is run again. */
export class ExpansionStalledError extends Error {
  readonly code = 'cli/expansion-stalled';
  constructor(why: string) {
    super(`not yet: ${why}`);
    this.name = 'ExpansionStalledError';
  }
}

/** It would have fewer, or a number that is no power of two. */
export class CannotExpandError extends Error {
  readonly code = 'cli/cannot-expand';
  constructor(from: number, to: number) {
    super(
      `the log has ${from} partitions: it can be expanded to a larger power of two up to 256, not to ${to}`,
    );
    this.name = 'CannotExpandError';
  }
}

/** Each database counts its expansions: one that left another out would be told apart from it for ever. */
export class ExpansionUnfinishedError extends Error {
  readonly code = 'cli/expansion-unfinished';
  constructor({ everywhere, furthest }: LogPartitions) {
    super(
      `some databases have ${furthest} partitions, others still ${everywhere}: run \`carillon partitions expand ${furthest}\` to its end first`,
    );
    this.name = 'ExpansionUnfinishedError';
  }
}

/** Somebody widened them further: commands in what is beyond the log would go on waiting, and nobody would say so. */
export class TopicsWiderError extends Error {
  readonly code = 'cli/topics-wider';
  constructor(widest: number, to: number) {
    super(
      `topics have ${widest} partitions already, and cannot have fewer: the log needs as many, not ${to}; run \`carillon partitions expand ${widest}\``,
    );
    this.name = 'TopicsWiderError';
  }
}

/**
 * Spreads a running system over more partitions (docs/adr/0013). Each step looks at what is there, so it may end between
 * any two of them and be begun again: first the topics, whose new partitions schedulers hold back; then every process has its
 * share of them; then what was sent to the old partitions is applied; then, under the lock of all writers, the relay
 * reaches the end and the log is spread anew. From there on schedulers take what waits in the new partitions.
 * @throws ExpansionStalledError, CannotExpandError, ExpansionUnfinishedError, TopicsWiderError
 */
export async function expand(system: ExpandableSystem, to: number, help: ExpansionHelp): Promise<void> {
  const partitions = await system.logPartitions();
  const { everywhere: from, furthest } = partitions;
  if (to < from || 256 % to !== 0) throw new CannotExpandError(from, to);
  if (from < furthest && to !== furthest) throw new ExpansionUnfinishedError(partitions);
  const counts = await system.topicPartitions();
  const widest = Math.max(...counts.values());
  // one that stopped between two databases is finished all the same
  if (widest > to && from === furthest) throw new TopicsWiderError(widest, to);
  await widen(system, counts, to, help);
  if (to === from) return help.tell(`log: is spread over ${to} partitions already`);
  await untilDealt(system, to, help);
  for (;;) {
    await drain(system, help);
    const outcome = await system.expandLog(to);
    if (outcome.kind === 'expanded' || outcome.kind === 'already') break;
    await help.pause(whyNotYet(outcome));
  }
  help.tell(`log: is spread over ${to} partitions from here on`);
}

const whyNotYet = (outcome: Extract<ExpandOutcome, { kind: 'behind' | 'cut-off' }>): string =>
  outcome.kind === 'behind'
    ? `${outcome.unpublished} events are not on the change feed yet: does a scheduler run, and does it reach Kafka?`
    : `the database did not spread the log within ${outcome.afterMs} ms and nothing was changed: does a session in pg_stat_activity hold log_head, or is the machine too busy?`;

async function widen(
  system: ExpandableSystem,
  counts: ReadonlyMap<string, number>,
  to: number,
  { tell }: ExpansionHelp,
): Promise<void> {
  const narrow = [...counts].filter(([, count]) => count < to).map(([topic]) => topic);
  if (narrow.length > 0) await system.widenTopics(to);
  tell(`topics: ${[...counts.keys()].join(', ')} have ${to} partitions`);
}

async function untilDealt(
  system: ExpandableSystem,
  to: number,
  { tell, pause }: ExpansionHelp,
): Promise<void> {
  for (;;) {
    const behind = await system.groupsBehind(to);
    if (behind.length === 0) break;
    tell(`processes: ${behind.join(', ')} deal out ${to} partitions`);
    await pause(`${behind.join(', ')} did not deal out ${to} partitions: are all processes of this version?`);
  }
  tell('processes: each has its share of the new partitions');
}

/** What was sent to the old partitions by now is applied before anything in the new ones. */
async function drain(system: ExpandableSystem, { tell, pause }: ExpansionHelp): Promise<void> {
  const ends = await system.commandEnds();
  for (;;) {
    const left = await system.unapplied(ends);
    if (left === 0) break;
    tell(`commands: ${left} in the old partitions are still to be applied`);
    await pause(`${left} commands in the old partitions are not applied: does a scheduler run?`);
  }
}
