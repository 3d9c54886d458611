import { randomUUID } from 'node:crypto';
import type { CommandSender } from '#client';
import type { CommandWire, Reply } from '#contract';
import { type DueEvent, HookWorker, LeaveOpen } from '#hooks';
import type { KafkaSettings } from '#kafka';
import { every, type Logger, type Service, systemClock } from '#runtime';
import type { ProbeMetrics } from './probe-metrics.js';
import { probeHookClass, probeKeys, probeNamespace, probePartition, probeTimer } from './probe-timers.js';

export interface ProberOptions {
  readonly kafka: KafkaSettings;
  readonly topicPrefix: string;
  /** Of the log, as it stands: it may be given more while this runs. */
  readonly partitions: () => Promise<number>;
  readonly everyMs: number;
  readonly sender: Pick<CommandSender, 'ask'>;
  readonly metrics: ProbeMetrics;
  readonly logger: Logger;
}

/** What the last round, or another prober, began is still under way: nothing new to learn. */
const isUnderWay: ReadonlySet<string> = new Set(['manual-request-pending', 'event-open']);

/**
 * Goes the whole way of each partition again and again, as a client and its hook would: a trigger is sent, decided, fired,
 * delivered and closed. Any number of probers may run; each event is closed by one of them.
 */
export class Prober implements Service {
  #keys: readonly string[] = [];
  readonly #worker: HookWorker;
  readonly #rounds: Service;
  readonly #stop = new AbortController();

  constructor(private readonly options: ProberOptions) {
    const { kafka, topicPrefix, everyMs, logger } = options;
    this.#worker = new HookWorker({
      kafka,
      topicPrefix,
      groupId: `${topicPrefix}.probe`,
      hooks: { [probeHookClass]: (event) => this.#close(event) },
    });
    this.#rounds = every(
      everyMs,
      () => this.#round(),
      (error) => logger.warn({ err: error }, 'probes will be sent again'),
    );
  }

  async start(): Promise<void> {
    await this.#worker.start();
    await this.#rounds.start();
  }

  async stop(): Promise<void> {
    // nobody waits for what is under way: another prober closes it, or this one when it is back
    this.#stop.abort(new Error('the prober stops'));
    await this.#rounds.stop();
    await this.#worker.stop();
  }

  async #round(): Promise<void> {
    const partitions = await this.options.partitions();
    if (partitions !== this.#keys.length) this.#keys = probeKeys(partitions);
    this.options.metrics.expect(partitions);
    await Promise.all(this.#keys.map((key, partition) => this.#probe(key, partition)));
  }

  async #probe(key: string, partition: number): Promise<void> {
    try {
      const trigger = (): Promise<Reply> =>
        this.#ask({
          type: 'TriggerTimer',
          ...this.#address(key),
          // comes back with the event, to whichever prober gets it
          requestId: String(Math.floor(systemClock())),
          timeout: `${this.options.everyMs}ms`,
        });
      let reply = await trigger();
      if (!reply.ok && reply.code === 'timer-not-exist') {
        await this.#ask({ type: 'CreateTimer', ...this.#address(key), timer: probeTimer });
        reply = await trigger();
      }
      if (!reply.ok && !isUnderWay.has(reply.code))
        this.options.logger.warn(
          { partition, code: reply.code, reason: reply.message },
          'a probe was refused',
        );
    } catch (error) {
      if (!this.#stop.signal.aborted)
        this.options.logger.warn({ partition, err: error }, 'a probe got no answer');
    }
  }

  /** Closes by itself, since the outcome of the close is part of the way. */
  async #close({ eventId, attempt, timer, manualRequestId }: DueEvent): Promise<void> {
    const reply = await this.#ask({ type: 'CloseEvent', ...this.#address(timer.key), eventId, attempt });
    const sentAt = Number(manualRequestId);
    if (reply.ok && Number.isFinite(sentAt)) {
      const now = systemClock();
      const partition = probePartition(timer.key, await this.options.partitions());
      this.options.metrics.succeeded(partition, Math.max(0, now - sentAt) / 1_000, now);
    }
    throw new LeaveOpen();
  }

  #ask(command: CommandWire): Promise<Reply> {
    const { signal } = this.#stop;
    return this.options.sender.ask(command, { timeoutMs: askedMs, actor: 'carillon probe', signal });
  }

  #address(key: string) {
    return { id: randomUUID(), namespace: probeNamespace, key };
  }
}

/** Longer than a takeover; a round waits for its slowest partition. */
const askedMs = 10_000;
