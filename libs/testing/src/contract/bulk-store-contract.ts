import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Bulk, BulkClaim, BulkId, BulkOrder, BulkStore, BulkTarget } from '#engine';
import type { EpochMs, TimerId } from '#timer';
import { present } from './writing.js';

export interface BulkSubject {
  readonly store: BulkStore;
  /** Nothing is in the store afterwards. */
  clear(): Promise<void>;
  /** Lets the store's clock move on by at least this much. */
  pass(durationMs: number): Promise<void>;
  close(): Promise<void>;
}

const leaseMs = 60_000;
/** Over soon, and not before somebody was refused meanwhile, on a busy machine too. */
const shortLeaseMs = 1_000;
const order = (parts: Partial<BulkOrder> = {}): BulkOrder => ({
  id: randomUUID() as BulkId,
  action: { type: 'pause' },
  condition: { namespace: 'n' },
  actor: null,
  ...parts,
});
const target = (): BulkTarget => ({ timerId: randomUUID() as TimerId, namespace: 'n', key: 'a\t"𝄞"' });

/** What every BulkStore keeps. */
export function bulkStoreContract(name: string, open: () => Promise<BulkSubject>): void {
  describe(`BulkStore: ${name}`, () => {
    let subject: BulkSubject;
    const store = (): BulkStore => subject.store;
    beforeAll(async () => {
      subject = await open();
    });
    beforeEach(() => subject.clear());
    afterAll(() => subject.close());

    it('keeps what was asked for, as it was asked for', async () => {
      const asked = order({
        action: { type: 'retag', add: ['a,"b"'], remove: ['c'] },
        condition: { keyPrefix: 'a\0', dueFrom: 5 as EpochMs, not: { or: [{ tags: [] }] } },
        actor: 'ada',
      });
      const added = await store().add(asked);
      expect(added).toMatchObject({ ...asked, status: 'running', matched: 0, applied: 0, refusals: [] });
      expect(await store().find(asked.id)).toEqual(added);
      expect(await store().find(randomUUID() as BulkId)).toBeNull();
    });

    it('takes the same id once', async () => {
      const first = await store().add(order());
      await subject.pass(2);
      expect(await store().add({ ...order(), id: first.id, action: { type: 'delete' } })).toEqual(first);
    });

    it('gives a bulk to one worker at a time, and to the next when the lease is over', async () => {
      const { id } = await store().add(order());
      const first = present(await store().claim(shortLeaseMs));
      expect(first).toMatchObject({ bulk: { id }, cursor: null, hasMore: true, pending: [] });
      expect(await store().claim(shortLeaseMs)).toBeNull();
      await subject.pass(shortLeaseMs);
      const second = present(await store().claim(leaseMs));
      expect(second.epoch).toBeGreaterThan(first.epoch);
      expect(await store().begin(first, [target()], null, leaseMs)).toBe(false);
      expect(await store().settle(first, { applied: 1, refusals: [] })).toBe(false);
      expect(await store().find(id)).toMatchObject({ matched: 0, applied: 0, status: 'running' });
    });

    it('leaves a bulk to the worker who renews its lease, cancelled or not, until it is given back', async () => {
      const { id } = await store().add(order());
      const claim = present(await store().claim(shortLeaseMs));
      expect(await store().renew(claim, leaseMs)).toBe(true);
      await subject.pass(shortLeaseMs);
      expect(await store().claim(leaseMs)).toBeNull();
      await store().cancel(id);
      expect(await store().renew(claim, leaseMs)).toBe(true);
      expect(await store().settle(claim, { applied: 0, refusals: [] })).toBe(true);
      expect(await store().renew(claim, leaseMs)).toBe(false);
    });

    it('renews no lease of a worker whose bulk another one has taken up', async () => {
      await store().add(order());
      const former = present(await store().claim(20));
      await subject.pass(20);
      expect(await store().renew(present(await store().claim(leaseMs)), leaseMs)).toBe(true);
      expect(await store().renew(former, leaseMs)).toBe(false);
    });

    it('leaves the names of a page that was not settled to the next worker', async () => {
      await store().add(order());
      const targets = [target(), target()];
      const first = present(await store().claim(leaseMs));
      expect(await store().begin(first, targets, 'next', 20)).toBe(true);
      await subject.pass(20);
      const second = present(await store().claim(leaseMs));
      expect(second).toMatchObject({ cursor: 'next', hasMore: true, pending: targets, bulk: { matched: 2 } });
    });

    it('counts page by page, and ends with the last one', async () => {
      const { id } = await store().add(order());
      const refusals = [
        { code: 'event-open', count: 1, example: { timerId: target().timerId, message: 'm' } },
      ];
      await work(present(await store().claim(leaseMs)), [target(), target()], 'next', 2);
      const claim = present(await store().claim(leaseMs));
      expect(await store().begin(claim, [target(), target()], null, leaseMs)).toBe(true);
      expect(await store().settle(claim, { applied: 1, refusals })).toBe(true);
      const done = present(await store().find(id));
      expect(done).toMatchObject({ status: 'done', matched: 4, applied: 3, refusals });
      expect(done.endedAt).toBeGreaterThanOrEqual(done.requestedAt);
      expect(await store().claim(leaseMs)).toBeNull();
    });

    it('lets no further page begin once it is cancelled, and still counts the one under way', async () => {
      const { id } = await store().add(order());
      const claim = present(await store().claim(leaseMs));
      await store().begin(claim, [target()], 'next', leaseMs);
      expect(await store().cancel(id)).toMatchObject({ status: 'cancelled', endedAt: expect.any(Number) });
      expect(await store().settle(claim, { applied: 1, refusals: [] })).toBe(true);
      expect(await store().find(id)).toMatchObject({ status: 'cancelled', matched: 1, applied: 1 });
      expect(await store().begin(claim, [target()], null, leaseMs)).toBe(false);
      expect(await store().claim(leaseMs)).toBeNull();
    });

    it('leaves what is done as it is when it is cancelled', async () => {
      const { id } = await store().add(order());
      await work(present(await store().claim(leaseMs)), [target()], null, 1);
      const done = await store().find(id);
      expect(await store().cancel(id)).toEqual(done);
      expect(await store().cancel(randomUUID() as BulkId)).toBeNull();
    });

    it('works at several in turn', async () => {
      const added: Bulk[] = [];
      for (let n = 0; n < 3; n += 1) added.push(await store().add(order()));
      const turns: string[] = [];
      for (let n = 0; n < 6; n += 1) {
        const claim = present(await store().claim(leaseMs));
        turns.push(claim.bulk.id);
        await work(claim, [target()], 'next', 1);
        await subject.pass(2);
      }
      const ids = added.map(({ id }) => id);
      expect(turns).toEqual([...ids, ...ids]);
    });

    it('shows the latest first, and forgets those that ended long ago', async () => {
      const first = await store().add(order());
      await work(present(await store().claim(leaseMs)), [], null, 0);
      await subject.pass(20);
      const second = await store().add(order());
      expect((await store().recent(10, null)).map(({ id }) => id)).toEqual([second.id, first.id]);
      expect(await store().recent(1, null)).toHaveLength(1);
      await store().forget(20);
      expect((await store().recent(10, null)).map(({ id }) => id)).toEqual([second.id]);
    });

    it('shows those of one actor, however many of others came later', async () => {
      const own = await store().add(order({ actor: 'ada' }));
      for (const actor of ['bob', null, 'bob']) {
        await subject.pass(2);
        await store().add(order({ actor }));
      }
      expect((await store().recent(2, 'ada')).map(({ id }) => id)).toEqual([own.id]);
      expect(await store().recent(2, 'eve')).toEqual([]);
    });

    async function work(claim: BulkClaim, targets: BulkTarget[], next: string | null, applied: number) {
      expect(await store().begin(claim, targets, next, leaseMs)).toBe(true);
      expect(await store().settle(claim, { applied, refusals: claim.bulk.refusals })).toBe(true);
    }
  });
}
