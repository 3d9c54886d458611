import { describe, expect, it } from 'vitest';
import { inTopology, type LogTopology, readableOf, type StoredEvent } from '#engine';
import { slotOfTimerId } from '#timer';
import { publishAll } from './log-tail.js';
import { type OpenSubject, Stage } from './subject.js';
import { apply, createTimer, deletion, present, update } from './writing.js';

/** What holds when a log gets more partitions, whatever lies under it. The store is the suite's own. */
export function expansionContract(name: string, open: OpenSubject): void {
  describe(`an expanded log: ${name}`, () => {
    const stage = new Stage(open);
    const from = () => stage.subject.partitions;

    it('is refused where its partitions would not be a larger power of two up to 256', async () => {
      for (const to of [from() / 2, from() * 3, from() * 2.5, 512])
        await expect(stage.subject.expand(to)).rejects.toThrow(RangeError);
    });

    it('waits for the relay, and changes nothing before it has published everything', async () => {
      await createTimer(stage.log);
      const outcome = await stage.subject.expand(from() * 2);
      expect(outcome).toEqual({ kind: 'behind', unpublished: 1 });
      const topology = await stage.feed.topology();
      expect(topology).toEqual({ number: 1, partitions: from(), splits: [] });
      await createTimer(stage.log);
    });

    it('keeps each timer’s versions in order for writers and readers who were there before', async () => {
      const [writer, reader] = await stage.others(2);
      const timers = [];
      await stage.subject.usage.count(['contract']);
      for (let n = 0; n < 4 * from(); n += 1) timers.push(await createTimer(stage.log));
      const usageBefore = present((await stage.subject.usage.read()).get('contract'));
      await apply(present(writer).log, present(timers[0]).id, update('before'));
      await publishAll(stage);
      const old = await stage.feed.topology();
      const half = new Map((await readOrdered(stage, old, new Map())).slice(0, 7).map(placeOf));

      expect(await stage.subject.expand(from() * 4)).toEqual({ kind: 'expanded' });
      expect(await stage.subject.expand(from() * 4)).toEqual({ kind: 'already' });
      const heads = await stage.feed.heads([...inTopology(old, new Map()).keys()]);
      for (const { id } of timers) await apply(present(writer).log, id, update('after'));
      for (const { id } of timers) await apply(stage.log, id, update('later'));

      await createTimer(stage.log);
      await apply(stage.log, present(timers.at(-1)).id, deletion);
      await apply(stage.log, present(timers.at(-2)).id, deletion);
      expect((await stage.subject.usage.read()).get('contract')).toBe(usageBefore - 1);

      const topology = await present(reader).feed.topology();
      expect(topology).toMatchObject({ number: 2, partitions: from() * 4 });
      expect(topology.splits).toEqual(
        Array.from({ length: from() * 3 }, (_, n) => ({
          partition: from() + n,
          topology: 2,
          parent: n % from(),
          after: heads.get(n % from()),
        })),
      );
      const whole = await readOrdered(stage, topology, new Map());
      expect(versionsInOrder(whole)).toBe(true);
      for (const { timerId, version, partition } of whole.filter(({ type }) => type === 'TimerUpdated'))
        if (version > 2 || timerId !== present(timers[0]).id)
          expect(partition).toBe(slotOfTimerId(timerId) % (from() * 4));
      // a position that was taken before names fewer partitions, and still means the same
      const rest = await readOrdered(stage, topology, half);
      const told = new Set(rest.map(idOf));
      const missed = whole.filter(
        ({ partition, position }) => position > (half.get(partition) ?? 0n) || partition >= from(),
      );
      expect(told).toEqual(new Set(missed.map(idOf)));
      expect(rest.length).toBe(missed.length);
      expect(isRising(rest)).toBe(true);
    });

    it('can be expanded again', async () => {
      await publishAll(stage);
      expect(await stage.subject.expand(from() * 8)).toEqual({ kind: 'expanded' });
      const { id } = await createTimer(stage.log);
      await apply(stage.log, id, update('new'));
      const whole = await readOrdered(stage, await stage.feed.topology(), new Map());
      expect(versionsInOrder(whole)).toBe(true);
      expect(whole.filter(({ timerId }) => timerId === id).map(({ partition }) => partition)).toEqual([
        slotOfTimerId(id) % (from() * 8),
        slotOfTimerId(id) % (from() * 8),
      ]);
    });
  });
}

/** To the end, a few at a time, by the rule for readers. */
async function readOrdered(
  { feed }: Stage,
  topology: LogTopology,
  from: ReadonlyMap<number, bigint>,
): Promise<StoredEvent[]> {
  const positions = inTopology(topology, from);
  const read: StoredEvent[] = [];
  for (;;) {
    const events = await feed.readAfter(readableOf(topology, positions), 5);
    if (events.length === 0) return read;
    for (const event of events) positions.set(event.partition, event.position);
    read.push(...events);
  }
}

const placeOf = ({ partition, position }: StoredEvent): [number, bigint] => [partition, position];
const idOf = ({ timerId, version }: StoredEvent): string => `${timerId}/${version}`;

/** Each timer's, from its first one. */
const versionsInOrder = (events: readonly StoredEvent[]): boolean =>
  isRising(events) &&
  events.every(({ timerId }) => events.some((e) => e.timerId === timerId && e.version === 1));

/** Each timer's, from wherever it begins. */
function isRising(events: readonly StoredEvent[]): boolean {
  const last = new Map<string, number>();
  return events.every(({ timerId, version }) => {
    const before = last.get(timerId);
    last.set(timerId, version);
    return before === undefined || version === before + 1;
  });
}
