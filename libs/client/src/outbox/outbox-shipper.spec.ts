import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { OutboxShipper } from '../index.js';
import { type SqlConnection, typeOrmPool } from './sql.js';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const kafka = { brokers: ['none:1'], clientId: 'spec', log };

/** A connection of a driver that tells of its end by an event, and throws from then on. */
class FakeConnection extends EventEmitter implements SqlConnection {
  readonly statements: string[] = [];
  readonly released: (boolean | undefined)[] = [];
  isBroken = false;

  query(text: string): Promise<{ readonly rows: readonly unknown[] }> {
    if (this.isBroken) return Promise.reject(new Error('the connection is gone'));
    this.statements.push(text.trim().split(/\s+/, 1).join());
    if (text.includes('skip locked')) return Promise.resolve({ rows: [{ sequence: '1', bytes: 9 }] });
    if (text.includes('select record_key'))
      return Promise.resolve({ rows: [{ record_key: 'n/k', value: '{}' }] });
    return Promise.resolve({ rows: [] });
  }

  release(isBroken?: boolean): void {
    this.released.push(isBroken);
  }
}

describe('a shipment', () => {
  it('locks, sends, deletes and commits, in this order, and gives its connection back whole', async () => {
    const connection = new FakeConnection();
    const shipper = new OutboxShipper({
      pool: { connect: async () => connection },
      kafka,
      send: async (records) => {
        expect(records).toEqual([{ topic: 'timers.commands', key: 'n/k', value: '{}' }]);
        connection.statements.push('send');
      },
    });
    expect(await shipper.shipOnce()).toBe(1);
    expect(connection.statements).toEqual(['begin', 'set', 'select', 'select', 'send', 'delete', 'commit']);
    expect(connection.released).toEqual([false]);
    expect(connection.listenerCount('error')).toBe(0);
  });

  it('that Kafka does not take is rolled back before its connection is given back, whole', async () => {
    const connection = new FakeConnection();
    const releasedAfter: string[] = [];
    const shipper = new OutboxShipper({
      pool: { connect: async () => connection },
      kafka,
      send: () => Promise.reject(new Error('no broker')),
    });
    connection.release = (isBroken) => releasedAfter.push(`${connection.statements.at(-1)} ${isBroken}`);
    await expect(shipper.shipOnce()).rejects.toThrow('no broker');
    expect(releasedAfter).toEqual(['rollback false']);
  });

  it('of a shipper that froze for longer than its rows are locked is not sent: another one has gone on from them', async () => {
    let nowMs = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    const [connection, sent] = [new FakeConnection(), vi.fn(async () => undefined)];
    const query = connection.query.bind(connection);
    connection.query = (text) => {
      if (text.includes('select record_key')) nowMs += 30_000;
      return query(text);
    };
    const shipper = new OutboxShipper({ pool: { connect: async () => connection }, kafka, send: sent });
    await expect(shipper.shipOnce()).rejects.toThrow('stood still');
    clock.mockRestore();
    expect(sent).not.toHaveBeenCalled();
    expect(connection.statements.at(-1)).toBe('rollback');
  });

  it('that loses its connection while Kafka is waited for fails alone, and gives it back as broken', async () => {
    const connection = new FakeConnection();
    const shipper = new OutboxShipper({
      pool: { connect: async () => connection },
      kafka,
      send: async () => {
        connection.isBroken = true;
        // nobody listens to it: this would end the process
        connection.emit('error', new Error('terminating connection'));
      },
    });
    await expect(shipper.shipOnce()).rejects.toThrow('the connection is gone');
    expect(connection.released).toEqual([true]);
    expect(connection.listenerCount('error')).toBe(0);
  });
});

describe('the connections of TypeORM', () => {
  const runnerOf = (released: unknown[]) => ({
    connect: async () => undefined,
    query: async () => undefined,
    release: async () => void released.push('whole'),
  });
  const releasedBy = async (isBroken: boolean, hasEnd: boolean): Promise<unknown[]> => {
    const released: unknown[] = [];
    const end = { releasePostgresConnection: async (error: Error) => void released.push(error.message) };
    const runner = { ...runnerOf(released), ...(hasEnd && end) };
    const connection = await typeOrmPool({ createQueryRunner: () => runner }).connect();
    connection.release(isBroken);
    return released;
  };

  it('go back to the application whole, and are ended if they cannot be used again', async () => {
    expect(await releasedBy(false, true)).toEqual(['whole']);
    expect(await releasedBy(true, true)).toEqual(['a shipment could not be rolled back']);
  });

  it('are left to a driver that ends what is broken by itself', async () => {
    expect(await releasedBy(true, false)).toEqual(['whole']);
  });
});
