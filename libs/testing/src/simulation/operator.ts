import {
  type ExpandableSystem,
  type ExpandOutcome,
  ExpansionStalledError,
  expand,
  unappliedBefore,
} from '#engine';
import { deadly, stalling } from './fuse.js';
import type { Session } from './sim-database.js';
import type { SimProcess } from './sim-process.js';
import { partitionsExpanded, type World } from './world.js';

const askedEveryMs = 200;
/** The command gives up, and its operator says it again. */
const pausesMax = 40;
const againAfterMs = 300;

/** An operator who spreads the log over more partitions, and says so again whenever the command dies or gives up. */
export async function expandUntilDone(world: World): Promise<void> {
  for (;;) {
    const process = world.process('operator');
    const { random } = world;
    if (!world.isCalm && random.chance(0.6))
      process.fuse = random.chance(0.5) ? deadly(random) : stalling(random);
    const died = new Promise<false>((resolve) => process.onDeath(() => resolve(false)));
    if (await Promise.race([died, isExpanded(world, process)])) return;
    process.crash();
    await world.clock.sleep(random.int(againAfterMs, 10 * againAfterMs));
  }
}

async function isExpanded(world: World, process: SimProcess): Promise<boolean> {
  const system = runningSystem(world, process);
  let pauses = 0;
  const pause = async (why: string): Promise<void> => {
    pauses += 1;
    if (pauses > pausesMax) throw new ExpansionStalledError(why);
    await process.sleep(askedEveryMs);
  };
  const tell = (line: string): void => process.note(line);
  return expand(world.wraps.system?.(system) ?? system, partitionsExpanded, { tell, pause }).then(
    () => true,
    (error: unknown) => {
      process.note(String(error));
      return false;
    },
  );
}

/** As the command line has it. */
function runningSystem(world: World, process: SimProcess): ExpandableSystem {
  const { topics, groups, broker, databases } = world;
  const sessions = databases.map((database) => database.session(process));
  const numbered = [
    { topic: topics.events, group: groups.fire },
    { topic: topics.rejected, group: null },
    { topic: topics.commands, group: groups.scheduler },
  ];
  const askBroker = <T>(what: string, work: () => T): Promise<T> =>
    process.call(what, broker, () => broker.serve(async () => work()));
  const logPartitions = async () => {
    const topologies = await Promise.all(sessions.all.map(({ feed }) => feed.topology()));
    const counts = topologies.map(({ partitions }) => partitions);
    return { everywhere: Math.min(...counts), furthest: Math.max(...counts) };
  };
  return {
    logPartitions,
    topicPartitions: () =>
      askBroker('widths', () => new Map(numbered.map(({ topic }) => [topic.name, topic.width]))),
    widenTopics: async (to) => {
      for (const { topic, group } of numbered)
        await askBroker(`widen ${topic.name}`, () => {
          topic.widen(to);
          group?.noticeWider();
        });
    },
    groupsBehind: (to) =>
      askBroker('groups', () =>
        (['scheduler', 'fire'] as const).filter((name) => {
          const { state, owned } = groups[name];
          return state !== 'empty' && owned < to;
        }),
      ),
    commandEnds: async () => {
      const { everywhere } = await logPartitions();
      return askBroker(
        'command-ends',
        () => new Map(Array.from({ length: everywhere }, (_, p) => [p, topics.commands.end(p)])),
      );
    },
    unapplied: async (ends) => {
      const stored = await Promise.all(
        sessions
          .split([...ends.keys()])
          .map(({ one, theirs }) => storedIn(one, topics.commands.name, theirs)),
      );
      return unappliedBefore(ends, new Map(stored.flatMap((offsets) => [...offsets])));
    },
    expandLog: async (to) => {
      let outcome: ExpandOutcome = { kind: 'already' };
      for (const database of databases.all) {
        outcome = await database.expand(process, to, world.wraps.spread);
        if (outcome.kind === 'behind') break;
      }
      return outcome;
    },
  };
}

const storedIn = ({ log }: Session, topic: string, partitions: readonly number[]) =>
  log.storedOffsets(topic, partitions);
