import { deadly, stalling } from './fuse.js';
import type { Random } from './random.js';
import type { Replica } from './replica.js';
import type { SimDatabase } from './sim-database.js';
import type { Fuse } from './sim-process.js';
import type { World } from './world.js';

/** A kind of process, and those of it that run. */
export interface Fleet {
  readonly start: (world: World) => Replica;
  readonly replicas: Replica[];
}

type Fault = (storm: Storm) => void;
export type FaultName = keyof typeof faults;
export const faultNames = (): readonly FaultName[] => Object.keys(faults) as FaultName[];

/**
 * Faults at random moments. Each run has some kinds of them and not others, so that rare ones are not drowned: what was
 * broken is whole again when the storm is over.
 */
export class Storm {
  readonly #faults: readonly Fault[];
  /** Processes that are gone, frozen or leaving; they come back by themselves. */
  #isOver = false;

  /** @param only these, and nothing else goes wrong; null: chance decides */
  constructor(
    readonly world: World,
    readonly fleets: readonly Fleet[],
    only: readonly FaultName[] | null,
  ) {
    const { random, databases, broker } = world;
    const has = (): boolean => random.chance(0.5);
    this.#faults = (only ?? faultNames().filter(has)).map((name) => faults[name]);
    if (only !== null) return;
    world.duplicateChance = has() ? 0.1 : 0;
    world.skewMaxMs = has() ? random.pick([50, 2_000, 90_000]) : 0;
    for (const database of databases.all) {
      database.server.faultChance = has() ? 0.05 : 0;
      database.transactions.stallChance = has() ? 0.05 : 0;
    }
    broker.faultChance = has() ? 0.05 : 0;
  }

  async rage(forMs: number): Promise<void> {
    const { world } = this;
    const until = world.clock.now() + forMs;
    while (world.clock.now() < until) {
      await world.clock.sleep(world.random.skewed(50, 1_500));
      world.random.oneOf(this.#faults)?.(this);
    }
  }

  /** Everything works from now on; who is away comes back. */
  calm(): void {
    this.#isOver = true;
    const { world } = this;
    world.isCalm = true;
    world.duplicateChance = 0;
    for (const database of world.databases.all) {
      database.server.faultChance = 0;
      database.transactions.stallChance = 0;
      database.server.change('well', 0);
    }
    world.broker.faultChance = 0;
    world.broker.change('well', 0);
    for (const { replicas } of this.fleets)
      for (const replica of replicas) {
        replica.process.fuse = null;
        replica.process.wake();
      }
  }

  /** Anybody who can be broken now. */
  victim(): { readonly fleet: Fleet; readonly replica: Replica } | null {
    const fleet = this.world.random.oneOf(this.fleets);
    const replica = this.world.random.oneOf(fleet?.replicas.filter(({ process }) => !process.isFrozen) ?? []);
    return fleet === undefined || replica === undefined ? null : { fleet, replica };
  }

  enlist(fleet: Fleet): void {
    const replica = fleet.start(this.world);
    fleet.replicas.push(replica);
    replica.process.onDeath(() => {
      fleet.replicas.splice(fleet.replicas.indexOf(replica), 1);
      const awayMs = this.#isOver ? 200 : this.world.random.skewed(50, 6_000);
      this.world.clock.after(awayMs, () => this.enlist(fleet));
    });
  }
}

const kill: Fault = (storm) => storm.victim()?.replica.process.crash();

const atCall =
  (fuse: (random: Random) => Fuse): Fault =>
  (storm) => {
    const process = storm.victim()?.replica.process;
    if (process !== undefined) process.fuse = fuse(storm.world.random);
  };

const freeze: Fault = (storm) => {
  const { random, clock } = storm.world;
  const process = storm.victim()?.replica.process;
  process?.freeze();
  clock.after(random.skewed(100, 9_000), () => process?.wake());
};

const restart: Fault = (storm) => void storm.victim()?.replica.stop();

const rebalance: Fault = ({ world }) =>
  world.random
    .pick<{ rebalance(): void }>([world.groups.scheduler, world.groups.fire, world.groups.hooks])
    .rebalance();

const another: Fault = (storm) => {
  const fleet = storm.world.random.oneOf(storm.fleets);
  if (fleet !== undefined && fleet.replicas.length < 4) storm.enlist(fleet);
};

const anyDatabase = ({ random, databases }: World): SimDatabase => random.pick(databases.all);
const slowDatabase: Fault = ({ world }) =>
  anyDatabase(world).server.change('slow', world.random.skewed(100, 4_000));
const databaseAway: Fault = ({ world }) =>
  anyDatabase(world).server.change('away', world.random.skewed(100, 5_000));
const slowBroker: Fault = ({ world }) => world.broker.change('slow', world.random.skewed(100, 4_000));
const brokerAway: Fault = ({ world }) => world.broker.change('away', world.random.skewed(100, 8_000));

const clockJump: Fault = (storm) => {
  const { random } = storm.world;
  storm.victim()?.replica.process.setClockBy(random.int(-5_000, 5_000));
};

/** The database's clock only goes forward, yet not always evenly. */
const databaseJump: Fault = ({ world }) =>
  anyDatabase(world).jumpAhead(world.random.chance(0.05) ? 900_000 : world.random.skewed(5, 10_000));

const faults = {
  kill,
  killAtCall: atCall(deadly),
  stallAtCall: atCall(stalling),
  freeze,
  restart,
  rebalance,
  another,
  slowDatabase,
  databaseAway,
  slowBroker,
  brokerAway,
  clockJump,
  databaseJump,
} satisfies Record<string, Fault>;
