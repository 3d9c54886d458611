import { describe, expect, it } from 'vitest';
import {
  CannotExpandError,
  type CommandEnds,
  type ExpandableSystem,
  ExpansionStalledError,
  ExpansionUnfinishedError,
  expand,
  TopicsWiderError,
  unappliedBefore,
} from './expand.js';

class Died extends Error {}

/** A system of 8 partitions under load: groups deal out, commands are applied and events published as time goes by. */
class FakeSystem implements ExpandableSystem {
  log = 8;
  /** Another database of the log, which is expanded before; null: there is none. */
  first: number | null = null;
  readonly topics = new Map([
    ['events', 8],
    ['commands', 8],
  ]);
  /** Partitions that the groups have dealt out. */
  dealt = 8;
  applied = 0;
  sent = 30;
  unpublished = 2;
  /** So often somebody else holds the log. */
  cutOffs = 0;
  readonly calls: string[] = [];
  /** The command dies at this call, before it or after what it did. */
  diesAt: { readonly call: number; readonly when: 'before' | 'after' } | null = null;

  async #call<T>(name: string, work: () => T): Promise<T> {
    const call = this.calls.push(name);
    if (this.diesAt?.call === call && this.diesAt.when === 'before') throw new Died();
    const done = work();
    if (this.diesAt?.call === call) throw new Died();
    return done;
  }
  /** A moment goes by. */
  goOn(): void {
    this.dealt = Math.min(...this.topics.values());
    this.sent += 1;
    this.applied = Math.min(this.sent, this.applied + 10);
    this.unpublished = Math.max(0, this.unpublished - 1);
  }

  logPartitions = () =>
    this.#call('logPartitions', () => ({ everywhere: this.log, furthest: this.first ?? this.log }));
  topicPartitions = () => this.#call('topicPartitions', () => new Map(this.topics));
  widenTopics = (to: number) =>
    this.#call('widenTopics', () => {
      for (const [topic, count] of this.topics) this.topics.set(topic, Math.max(count, to));
    });
  groupsBehind = (to: number) =>
    this.#call('groupsBehind', () => {
      if (Math.min(...this.topics.values()) < to) throw new Error('asked before the topics were wide enough');
      return this.dealt < to ? ['fire'] : [];
    });
  commandEnds = () => this.#call('commandEnds', (): CommandEnds => new Map([[0, BigInt(this.sent)]]));
  unapplied = (ends: CommandEnds) =>
    this.#call('unapplied', () => Math.max(0, Number(ends.get(0) ?? 0n) - this.applied));
  expandLog = (to: number) =>
    this.#call('expandLog', () => {
      if (this.log === to) return { kind: 'already' } as const;
      if (this.cutOffs-- > 0) return { kind: 'cut-off', afterMs: 2_000 } as const;
      if (this.unpublished > 0) return { kind: 'behind', unpublished: this.unpublished } as const;
      if (this.dealt < to) throw new Error('some events of the new partitions would be published by nobody');
      this.log = to;
      return { kind: 'expanded' } as const;
    });
}

function run(system: FakeSystem, to = 16, pausesMax = 1_000) {
  const told: string[] = [];
  let pauses = 0;
  const done = expand(system, to, {
    tell: (line) => void told.push(line),
    pause: async (why) => {
      pauses += 1;
      if (pauses > pausesMax) throw new ExpansionStalledError(why);
      system.goOn();
    },
  });
  return { done, told };
}

describe('an expansion', () => {
  it('widens topics, waits for shares and for what was sent before, then spreads the log', async () => {
    const system = new FakeSystem();
    const { done, told } = run(system);
    await done;
    expect(system.log).toBe(16);
    expect(told[0]).toBe('topics: events, commands have 16 partitions');
    expect(told.at(-1)).toBe('log: is spread over 16 partitions from here on');
    expect(told.join()).toContain('fire deal out 16');
    expect(told.join()).toMatch(/commands: \d+ in the old partitions/);
  });

  it('ends well when run again, wherever it died', async () => {
    const healthy = new FakeSystem();
    await run(healthy).done;
    for (let call = 1; call <= healthy.calls.length; call += 1)
      for (const when of ['before', 'after'] as const) {
        const system = new FakeSystem();
        system.diesAt = { call, when };
        await expect(run(system).done).rejects.toThrow(Died);
        system.diesAt = null;
        await run(system).done;
        expect([call, when, system.log, ...system.topics.values()]).toEqual([call, when, 16, 16, 16]);
        const expansions = system.calls.filter((name) => name === 'expandLog').length;
        expect(expansions).toBeGreaterThan(0);
      }
  });

  it('tries again while somebody holds the log, and says in the end what to look for', async () => {
    const system = new FakeSystem();
    system.cutOffs = 3;
    await run(system).done;
    expect(system.log).toBe(16);
    const held = new FakeSystem();
    held.cutOffs = 1_000;
    await expect(run(held, 16, 20).done).rejects.toThrow('does a session in pg_stat_activity hold log_head');
  });

  it('finds that nothing is left to do, and widens a topic that was made anew', async () => {
    const system = new FakeSystem();
    system.log = 16;
    await run(system).done;
    expect(system.topics.get('commands')).toBe(16);
    expect(system.calls).not.toContain('expandLog');
  });

  it('says what did not come', async () => {
    const system = new FakeSystem();
    system.goOn = () => undefined;
    await expect(run(system, 16, 3).done).rejects.toThrow(/fire did not deal out 16/);
    system.dealt = 16;
    await expect(run(system, 16, 3).done).rejects.toThrow(/30 commands .* does a scheduler run/);
    system.applied = 30;
    await expect(run(system, 16, 3).done).rejects.toThrow(/2 events are not on the change feed/);
    expect(system.log).toBe(8);
  });

  it('is as wide as topics that were widened before: by hand, or by an expansion that stopped', async () => {
    const system = new FakeSystem();
    system.topics.set('commands', 32);
    for (const to of [8, 16]) await expect(run(system, to).done).rejects.toThrow(TopicsWiderError);
    expect(system.calls).not.toContain('widenTopics');
    await run(system, 32).done;
    expect([system.log, ...system.topics.values()]).toEqual([32, 32, 32]);
    // the first of two databases has 16 by then
    const between = new FakeSystem();
    between.first = 16;
    between.topics.set('commands', 32);
    await run(between, 16).done;
    expect(between.log).toBe(16);
  });

  it('that stopped between two databases is finished before the next one begins', async () => {
    const system = new FakeSystem();
    system.first = 16;
    for (const to of [8, 32]) await expect(run(system, to).done).rejects.toThrow(ExpansionUnfinishedError);
    expect(system.topics.get('commands')).toBe(8);
    await run(system, 16).done;
    expect(system.log).toBe(16);
    await run(system, 32).done;
    expect(system.log).toBe(32);
  });

  it('is refused towards fewer partitions, or a number that does not divide the slots', async () => {
    for (const to of [4, 12, 512]) {
      const system = new FakeSystem();
      await expect(run(system, to).done).rejects.toThrow(CannotExpandError);
      expect(system.calls).toEqual(['logPartitions']);
    }
  });
});

it('counts the commands before an end that are not applied, a partition at a time', () => {
  const ends = new Map([
    [0, 10n],
    [1, 5n],
    [2, 3n],
  ]);
  // what was applied beyond an end makes up for no other partition
  const applied = new Map([
    [0, 7n],
    [1, 9n],
  ]);
  expect(unappliedBefore(ends, applied)).toBe(3 + 3);
});
