import { describe, expect, it } from 'vitest';
import type { StoredEvent, StoredRejection } from '#engine';
import { eventFromJson, slotOfTimerId, type TimerId } from '#timer';
import { overRate, refusal } from './answers.js';
import { readTail, Tail } from './log-tail.js';
import { type AgeingSubject, Stage } from './subject.js';
import {
  apply,
  createTimer,
  deletion,
  fire,
  nameOf,
  newCommandId,
  nothing,
  present,
  request,
  streamOf,
  transact,
  update,
  writing,
} from './writing.js';

/** What every LogFeed keeps, whatever lies under it. */
export function logFeedContract(name: string, open: () => Promise<AgeingSubject>): void {
  describe(`LogFeed: ${name}`, () => {
    const stage = new Stage(open);
    reading(stage);
    readingAgain(stage);
    following(stage);
    marks(stage);
    rejections(stage);
  });
}

const reading = (stage: Stage) =>
  describe('reading', () => {
    it('gives each event as it was written, in its timer’s partition', async () => {
      const created = await createTimer(stage.log, { data: { text: '\0' } });
      const { state } = await fire(stage.log, created.id);
      const [first, second, ...rest] = (await readTail(stage)).filter(
        ({ timerId }) => timerId === created.id,
      );
      expect(rest).toEqual([]);
      const { namespace, key } = nameOf(created);
      expect(first).toMatchObject({
        partition: slotOfTimerId(created.id) % stage.subject.partitions,
        version: 1,
        type: 'TimerCreated',
        recordKey: `${namespace}/${key}`,
        nextFireAt: created.nextFireAt,
        commandId: created.recent[0]?.commandId,
        traceparent: null,
      });
      expect(second).toMatchObject({ version: 2, type: 'EventTriggered', commandId: null });
      const event = eventFromJson(present(second).data);
      expect(event).toMatchObject({ eventId: state.open?.eventId, startedAt: state.open?.startedAt });
    });

    it('carries the trace of the command that caused an event', async () => {
      const { id } = await createTimer(stage.log);
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      await applyTraced(stage, id, traceparent);
      const traced = (await readTail(stage)).filter(
        ({ timerId, version }) => timerId === id && version === 2,
      );
      expect(traced.map((event) => event.traceparent)).toEqual([traceparent]);
    });

    it('stamps events when they are recorded, rising with the position', async () => {
      const from = await stage.due.now();
      for (let n = 0; n < 5; n += 1) await createTimer(stage.log);
      const until = await stage.due.now();
      const events = await readTail(stage);
      for (let partition = 0; partition < stage.subject.partitions; partition += 1) {
        const moments = events.filter((e) => e.partition === partition).map((e) => e.recordedAt);
        expect(moments).toEqual(moments.toSorted((a, b) => a - b));
      }
      const fresh = events.filter(({ recordedAt }) => recordedAt >= from && recordedAt <= until);
      expect(fresh.length).toBeGreaterThanOrEqual(5);
    });

    it('gives at most so many in all, each partition without a gap, and goes on where it stopped', async () => {
      for (let n = 0; n < 12; n += 1) await createTimer(stage.log);
      const whole = await readTail(stage);
      for (const max of [1, 3, 5]) {
        const tail = new Tail(stage.subject.partitions);
        for (;;) {
          const events = await stage.feed.readAfter(tail.positions, max);
          expect(events.length).toBeLessThanOrEqual(max);
          if (events.length === 0) break;
          tail.take(events);
        }
        expect(byPlace(tail.events)).toEqual(byPlace(whole));
      }
    });

    it('reads only the partitions that were asked for', async () => {
      const { id } = await createTimer(stage.log);
      const partition = slotOfTimerId(id) % stage.subject.partitions;
      const events = await stage.feed.readAfter(new Map([[partition, 0n]]), 100_000);
      expect(new Set(events.map((event) => event.partition))).toEqual(new Set([partition]));
      expect(events.map(({ timerId }) => timerId)).toContain(id);
    });
  });

const readingAgain = (stage: Stage<AgeingSubject>) =>
  describe('reading again', () => {
    it('gives the same events again, however far apart their moments are', async () => {
      const [reader] = await stage.others(1);
      const { feed } = present(reader);
      const { id } = await createTimer(stage.log);
      const partition = slotOfTimerId(id) % stage.subject.partitions;
      const created = present((await stage.feed.heads([partition])).get(partition));
      const from = new Map([[partition, created - 1n]]);
      await stage.subject.age(2);
      await apply(stage.log, id, update('days later'));
      const positions = async () => (await feed.readAfter(from, 100)).map(({ position }) => position);
      expect(await positions()).toEqual([created, created + 1n]);
      expect(await positions()).toEqual([created, created + 1n]);
      expect(await feed.readAfter(new Map([[partition, created + 1n]]), 100)).toEqual([]);
      expect(await positions()).toEqual([created, created + 1n]);
    });
  });

const following = (stage: Stage) =>
  describe('following', () => {
    it('never skips and never goes back, with eight writers beside it', async () => {
      const writers = await stage.others(8);
      const [reader] = await stage.others(1);
      const tail = new Tail(stage.subject.partitions);
      tail.take(await readTail(stage));
      const known = tail.events.length;
      let isWriting = true;
      const written = Promise.all(
        writers.map(async ({ log }) => {
          for (let n = 0; n < 6; n += 1) {
            const { id } = await createTimer(log);
            await apply(log, id, update(String(n)));
            await apply(log, id, deletion);
          }
        }),
      ).finally(() => {
        isWriting = false;
      });
      for (let isLast = false; !isLast; ) {
        isLast = !isWriting;
        // `take` refuses a position that does not follow the one before it
        tail.take(await present(reader).feed.readAfter(tail.positions, 100_000));
      }
      await written;
      expect(tail.events.length - known).toBe(8 * 6 * 3);
      expect(versionsInOrder(tail.events)).toBe(true);
    });

    it('leaves no gap where a transaction failed', async () => {
      const tail = new Tail(stage.subject.partitions);
      const old = await createTimer(stage.log);
      await apply(stage.log, old.id, update('newer'));
      const late = stage.log.transact(request(), ({ now }) => writing(streamOf(old, deletion(), now)));
      await expect(late).rejects.toThrow();
      await apply(stage.log, old.id, update('newest'));
      tail.take(await readTail(stage));
      const versions = tail.events.filter(({ timerId }) => timerId === old.id).map(({ version }) => version);
      expect(versions).toEqual([1, 2, 3]);
    });
  });

const marks = (stage: Stage) =>
  describe('holding and marking', () => {
    it('gives a partition to one reader, until that one lets go', async () => {
      const [one, two] = await stage.others(2);
      const [first, second] = [present(one).feed, present(two).feed];
      expect(await first.hold([0, 1])).toEqual([0, 1]);
      expect(await second.hold([0, 1, 2])).toEqual([2]);
      expect(await first.hold([0, 1])).toEqual([0, 1]);
      await first.release();
      expect(await second.hold([0, 1, 2])).toEqual([0, 1, 2]);
      await second.release();
    });

    it('lets go of what a reader no longer asks for', async () => {
      const [one, two] = await stage.others(2);
      const [first, second] = [present(one).feed, present(two).feed];
      await first.hold([0, 1]);
      await first.hold([1]);
      expect(await second.hold([0, 1])).toEqual([0]);
      await first.release();
      await second.release();
    });

    it('starts at 0, and moves a mark only from where it stands', async () => {
      const [a, b] = [0, stage.subject.partitions - 1];
      expect(await stage.feed.checkpoints([a])).toEqual(new Map([[a, 0n]]));
      const moved = await stage.feed.advance([
        { partition: a, from: 0n, to: 5n },
        { partition: b, from: 1n, to: 7n },
      ]);
      expect(moved).toEqual(new Set([a]));
      expect(await stage.feed.checkpoints([a, b])).toEqual(
        new Map([
          [a, 5n],
          [b, 0n],
        ]),
      );
    });

    it('lets one of two that move the same mark win', async () => {
      const handles = await stage.others(2);
      const partition = 1;
      const moves = [{ partition, from: 0n, to: 9n }];
      const wins = await Promise.all(handles.map(({ feed }) => feed.advance(moves)));
      expect(wins.map(({ size }) => size).toSorted()).toEqual([0, 1]);
      expect(await stage.feed.checkpoints([partition])).toEqual(new Map([[partition, 9n]]));
    });
  });

const rejections = (stage: Stage) =>
  describe('refused commands', () => {
    it('are given in order until they are marked as published, and never after', async () => {
      const written = [refusal(newCommandId()), refusal(null), refusal(newCommandId(), overRate)];
      await transact(stage.log, request(), () => ({ ...nothing, rejections: written }));
      const waiting = await stage.feed.unpublishedRejections(10);
      expect(waiting.map(withoutSequence)).toEqual(written);
      expect(waiting.map(({ sequence }) => sequence)).toEqual(
        waiting.map(({ sequence }) => sequence).toSorted((x, y) => (x < y ? -1 : 1)),
      );
      const firstTwo = waiting.slice(0, 2);
      expect(await stage.feed.unpublishedRejections(2)).toEqual(firstTwo);
      await stage.feed.markRejectionsPublished(firstTwo.map(({ sequence }) => sequence));
      expect(await stage.feed.unpublishedRejections(10)).toEqual(waiting.slice(2));
      await stage.feed.markRejectionsPublished(waiting.map(({ sequence }) => sequence));
      expect(await stage.feed.unpublishedRejections(10)).toEqual([]);
    });

    it('keep their record as it was, also one without key or value', async () => {
      const bare = { ...refusal(null, { code: 'unreadable', message: 'no JSON' }), key: null, value: null };
      await transact(stage.log, request(), () => ({ ...nothing, rejections: [bare] }));
      const waiting = await stage.feed.unpublishedRejections(10);
      expect(waiting.map(withoutSequence)).toEqual([bare]);
      await stage.feed.markRejectionsPublished(waiting.map(({ sequence }) => sequence));
    });
  });

async function applyTraced(stage: Stage, timerId: TimerId, traceparent: string): Promise<void> {
  await transact(stage.log, request({ targets: [{ timerId }] }), ({ byId, now }) => {
    const stream = streamOf(present(byId.get(timerId)), update('traced')(), now);
    const source = { topic: 'timers.commands', partition: 0, offset: 1n };
    const events = stream.events.map((event) => ({ ...event, meta: { source, actor: 'me', traceparent } }));
    return writing({ ...stream, events });
  });
}

const withoutSequence = ({ sequence: _, ...rejection }: StoredRejection) => rejection;

const byPlace = (events: readonly StoredEvent[]): readonly StoredEvent[] =>
  events.toSorted((a, b) => a.partition - b.partition || Number(a.position - b.position));

function versionsInOrder(events: readonly StoredEvent[]): boolean {
  const last = new Map<string, number>();
  return events.every(({ timerId, version }) => {
    const isNext = version === (last.get(timerId) ?? 0) + 1;
    last.set(timerId, version);
    return isNext;
  });
}
