import type { GroupState } from '#engine';
import type { ManualClock } from '../clock/manual-clock.js';
import type { Random } from './random.js';
import type { SimProcess } from './sim-process.js';

/** How long the coordinator waits for a member that says nothing any more. */
const sessionTimeoutMs = 3_000;
/** Partitions that a topic gets are found within this. */
const metadataMaxAgeMs = 3_000;

export interface GroupMember {
  readonly process: SimProcess;
  /** Its share, told by the coordinator. */
  assign(partitions: readonly number[]): void;
}

export interface GroupDeps {
  /** Members learn by their heartbeats that shares are dealt out anew: the last of them after so long, ms. */
  readonly dealtWithinMs: number;
  /** Partitions of its topic. */
  readonly width: () => number;
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

  /** Partitions that were dealt out last. */
  #dealt = 0;

  constructor(private readonly deps: GroupDeps) {}

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

  /** Partitions that have an owner, as the coordinator tells whoever asks. */
  get owned(): number {
    return this.state === 'dealt' ? this.#dealt : 0;
  }

  /** Its topic has more partitions than before; members find that out when they ask for it the next time. */
  noticeWider(): void {
    this.deps.clock.after(this.deps.random.skewed(100, metadataMaxAgeMs), () => {
      if (this.#members.length > 0 && this.#dealt < this.deps.width()) this.rebalance();
    });
  }

  rebalance(): void {
    this.#generation += 1;
    const generation = this.#generation;
    this.#undealt = this.#members.length;
    const width = this.deps.width();
    this.#dealt = width;
    const order = this.deps.random.shuffled(this.#members);
    order.forEach((member, index) => {
      const share = Array.from({ length: width }, (_, partition) => partition).filter(
        (partition) => partition % order.length === index,
      );
      this.deps.clock.after(this.deps.random.skewed(20, this.deps.dealtWithinMs), () => {
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
