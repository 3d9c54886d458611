import type { GroupState } from '#engine';
import type { ManualClock } from '../clock/manual-clock.js';
import type { Random } from './random.js';
import type { SimProcess } from './sim-process.js';

/** How long the coordinator waits for a member that says nothing any more. */
const sessionTimeoutMs = 3_000;
/** Members learn by their heartbeats that shares are dealt out anew. */
const dealtWithinMs = 800;

export interface GroupMember {
  readonly process: SimProcess;
  /** Its share, told by the coordinator. */
  assign(partitions: readonly number[]): void;
}

export interface GroupDeps {
  readonly clock: ManualClock;
  readonly random: Random;
}

/**
 * A consumer group with eager rebalancing: everybody gets a new share whenever somebody comes or goes, each a little
 * later than the other. A member that is dead or frozen keeps its share until its session times out.
 */
export class ConsumerGroup {
  #members: GroupMember[] = [];
  #generation = 0;
  /** Members that do not know their new share yet. */
  #undealt = 0;
  /** Next offset of each partition, as members committed it. */
  readonly committed = new Map<number, bigint>();

  constructor(
    readonly partitions: number,
    private readonly deps: GroupDeps,
  ) {}

  join(member: GroupMember): void {
    this.#members.push(member);
    member.process.onDeath(() => this.#expire(member));
    this.rebalance();
  }

  leave(member: GroupMember): void {
    this.#members = this.#members.filter((other) => other !== member);
    this.rebalance();
  }

  /** A frozen member is put out as a dead one is; awake again, it comes back. */
  noticeFrozen(member: GroupMember): void {
    this.deps.clock.after(sessionTimeoutMs, () => {
      if (member.process.isFrozen) this.leave(member);
    });
  }

  has(member: GroupMember): boolean {
    return this.#members.includes(member);
  }

  get members(): readonly GroupMember[] {
    return this.#members;
  }

  /** As the coordinator tells whoever asks. */
  get state(): GroupState {
    if (this.#members.length === 0) return 'empty';
    return this.#undealt > 0 ? 'dealing' : 'dealt';
  }

  rebalance(): void {
    this.#generation += 1;
    const generation = this.#generation;
    this.#undealt = this.#members.length;
    const order = this.deps.random.shuffled(this.#members);
    order.forEach((member, index) => {
      const share = Array.from({ length: this.partitions }, (_, partition) => partition).filter(
        (partition) => partition % order.length === index,
      );
      this.deps.clock.after(this.deps.random.skewed(20, dealtWithinMs), () => {
        // a later round has other shares, and begins with everybody
        if (generation !== this.#generation) return;
        this.#undealt -= 1;
        member.assign(share);
      });
    });
  }

  #expire(member: GroupMember): void {
    this.deps.clock.after(this.deps.random.int(50, sessionTimeoutMs), () => {
      if (this.has(member)) this.leave(member);
    });
  }
}
