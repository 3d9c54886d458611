import { topicsOf } from '#contract';
import { BatchProducer, type KafkaSettings, type OutRecord, sleep } from '#kafka';
import type { SqlConnection, SqlPool } from './sql.js';
import { checkedTable, defaultOutboxTable } from './table.js';

export interface OutboxShipperOptions {
  readonly pool: SqlPool;
  readonly kafka: KafkaSettings;
  readonly topicPrefix?: string;
  /** Default `carillon_outbox`. */
  readonly table?: string;
  /** Commands of one shipment at most; default 500. */
  readonly commandsPerShipmentMax?: number;
  /** Bytes of one shipment at most, but for a single larger command; default 8 MiB. */
  readonly bytesPerShipmentMax?: number;
  /** How often it looks when nothing was there, ms; default 250. */
  readonly pollMs?: number;
  /** In place of a producer of its own: resolves when Kafka has all of them. */
  readonly send?: (records: readonly OutRecord[]) => Promise<void>;
}

interface Head {
  readonly sequence: string;
  readonly bytes: number;
}
interface Row {
  readonly record_key: string;
  readonly value: string;
}

/** Longer than a shipment takes; a frozen shipper lets go of its rows after it, and another one ships them. */
const transactionIdleMaxMs = 30_000;
const retryMsMax = 5_000;

/**
 * Brings what an `Outbox` wrote to Kafka: locked, sent, deleted, in one transaction a shipment. Whatever dies between, the
 * rows are there again and go once more under the same command ids, so each is applied once. Several may run; what one has
 * locked the others pass over.
 *
 * A shipment holds at most one command of a timer, its oldest. That keeps a timer's order however many shippers there are,
 * and of the outbox's own commands only one can come again, so "once" holds while the timer remembers it: until four other
 * commands have come in between, a trigger until another request. What hooks answer does not count.
 *
 * A shipper that stood still while it held its rows sends nothing. What it had handed to the Kafka client before may still leave
 * when it wakes, behind what others have shipped since; it is applied again under the same condition.
 */
export class OutboxShipper {
  readonly #producer: BatchProducer | null;
  readonly #send: (records: readonly OutRecord[]) => Promise<void>;
  readonly #topic: string;
  readonly #lock: string;
  readonly #read: string;
  readonly #delete: string;
  readonly #stop = new AbortController();
  #running: Promise<void> | null = null;

  constructor(private readonly options: OutboxShipperOptions) {
    const table = checkedTable(options.table ?? defaultOutboxTable);
    const producer = options.send === undefined ? new BatchProducer(options.kafka) : null;
    this.#producer = producer;
    this.#send = options.send ?? ((records) => (producer as BatchProducer).send(records));
    this.#topic = topicsOf(options.topicPrefix).commands;
    this.#lock = `select sequence, octet_length(value) as bytes from ${table} head
      where not exists (select from ${table} older where older.record_key = head.record_key and older.sequence < head.sequence)
      order by sequence limit $1 for update skip locked`;
    this.#read = `select record_key, value from ${table} where sequence = any($1::bigint[]) order by sequence`;
    this.#delete = `delete from ${table} where sequence = any($1::bigint[])`;
  }

  /** Ships from now on, until `stop`. Safe to call twice. */
  async start(): Promise<void> {
    if (!this.#stop.signal.aborted) this.#running ??= this.#run();
  }

  /** Finishes the shipment under way. Safe to call twice, and before `start`. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#producer?.stop();
  }

  /** One shipment. Answers how many commands Kafka has taken; 0: nothing waits that another shipper has not locked. */
  async shipOnce(): Promise<number> {
    const connection = await this.options.pool.connect();
    // it may break while Kafka is waited for; the next statement fails for it, and nobody else may have to listen
    const onError = (error: Error): void =>
      this.options.kafka.log.debug({ error: error.message }, 'the connection of a shipment broke');
    connection.on?.('error', onError);
    let isBroken = false;
    try {
      await connection.query('begin');
      await connection.query(`set local idle_in_transaction_session_timeout = ${transactionIdleMaxMs}`);
      const shipped = await this.#ship(connection);
      await connection.query('commit');
      return shipped;
    } catch (error) {
      // whoever has this connection next must not work in a transaction of ours
      isBroken = !(await isRolledBack(connection));
      throw error;
    } finally {
      connection.off?.('error', onError);
      connection.release(isBroken);
    }
  }

  async #ship(connection: SqlConnection): Promise<number> {
    const { commandsPerShipmentMax = 500, bytesPerShipmentMax = 8 * 1024 * 1024 } = this.options;
    const { rows: heads } = await connection.query(this.#lock, [commandsPerShipmentMax]);
    const sequences = fitting(heads as readonly Head[], bytesPerShipmentMax);
    if (sequences.length === 0) return 0;
    const askedAtMs = performance.now();
    const { rows } = await connection.query(this.#read, [sequences]);
    if (performance.now() - askedAtMs >= transactionIdleMaxMs)
      throw new Error(
        'the shipper stood still for longer than its rows are locked: they may be shipped by now',
      );
    await this.#send(
      (rows as readonly Row[]).map(({ record_key: key, value }) => ({ topic: this.#topic, key, value })),
    );
    await connection.query(this.#delete, [sequences]);
    return sequences.length;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const { pollMs = 250, kafka } = this.options;
    let failures = 0;
    while (!signal.aborted) {
      let napMs = 0;
      try {
        napMs = (await this.shipOnce()) === 0 ? pollMs : 0;
        failures = 0;
      } catch (error) {
        failures += 1;
        napMs = Math.min(retryMsMax, 50 * 2 ** failures);
        kafka.log.warn(
          { error: String(error), failures },
          'a shipment failed; its commands stay and go again',
        );
      }
      if (napMs > 0) await sleep(napMs, signal);
    }
  }
}

const isRolledBack = (connection: SqlConnection): Promise<boolean> =>
  connection.query('rollback').then(
    () => true,
    () => false,
  );

/** As many as fit, oldest first, one at least. */
function fitting(heads: readonly Head[], bytesMax: number): string[] {
  let bytes = 0;
  const taken: string[] = [];
  for (const head of heads) {
    bytes += Number(head.bytes);
    if (bytes > bytesMax && taken.length > 0) break;
    taken.push(head.sequence);
  }
  return taken;
}
