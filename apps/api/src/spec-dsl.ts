import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AskOptions } from '#client';
import {
  acceptedReply,
  appliedReply,
  type CommandWire,
  commandBytesMax,
  commandRecord,
  momentText,
  parseCommand,
  parseReply,
  type Reply,
  refusedReply,
} from '#contract';
import {
  BulkWorker,
  type CommandEnvelope,
  type CommandOutcomes,
  CommandRates,
  decideAll,
  type Outcome,
  QuotaGuard,
  type QuotaSettings,
  Quotas,
  withinQuotas,
} from '#engine';
import { createLogger, sleep } from '#runtime';
import { InMemoryBulkStore, InMemoryTimerStore } from '#testing';
import { decide, type EpochMs, type EventId, evolve, mintTimerId, type TimerId } from '#timer';
import { BulkSender } from './bulk/bulk-sender.js';
import { CommandDoor } from './commands/command-door.js';
import { Receipts } from './commands/receipts.js';
import { type ApiConfig, apiSchema } from './config.js';
import { type Authenticator, openToAll } from './http/access.js';
import { createServer } from './http/server.js';
import type { InstallationReads } from './installation/installation-reads.js';
import { apiMetrics } from './metrics.js';
import { TimerReads } from './timers/timer-reads.js';
import { WatchHub } from './watch/hub.js';

// An api on a log in memory, with a scheduler of one line behind it. For specs.

export const partitions = 4;

export interface World {
  readonly app: NestFastifyApplication;
  readonly store: InMemoryTimerStore;
  readonly hub: WatchHub;
  /** Commands as the api sent them. */
  readonly sent: { readonly command: CommandWire; readonly options: AskOptions }[];
  now: EpochMs;
  /** What stands in the way of outcomes; null: nothing. */
  silence: Error | null;
  fire(timerId: TimerId): Promise<void>;
  workBulksOff(): Promise<void>;
  close(): Promise<void>;
}

export async function openWorld(
  env: Readonly<Record<string, string>> = {},
  authenticator: Authenticator = openToAll,
): Promise<World> {
  const config: ApiConfig = apiSchema.parse({
    KAFKA_BROKERS: 'none:1',
    DATABASE_URL: 'postgres://none/none',
    WATCH_POLL_MS: '5',
    CARILLON_ENV: 'development',
    ...env,
  });
  const scheduler = new Scheduler(config.QUOTAS);
  const { store } = scheduler;
  const logger = createLogger('api', 'silent', false);
  const hub = new WatchHub(
    {
      pollMs: config.WATCH_POLL_MS,
      heartbeatMs: config.WATCH_HEARTBEAT_MS,
      streamsMax: config.WATCHERS_MAX,
    },
    { live: store.feed, past: () => store.openFeed(), queries: store.queries, logger },
  );
  const receipts = new Receipts(outcomesOf(store), store.queries);
  const bulks = new InMemoryBulkStore(() => scheduler.now);
  const worker = new BulkWorker({
    store: bulks,
    queries: store.queries,
    commands: new BulkSender(scheduler, config.COMMAND_TIMEOUT_MS),
    logger,
    sleep,
  });
  const app = await createServer({
    config,
    logger,
    authenticator,
    hub,
    metrics: apiMetrics({ watchers: () => hub.size, openEvents: async () => 0 }),
    reads: new TimerReads(store.queries),
    commands: new CommandDoor(scheduler, receipts, config.COMMAND_TIMEOUT_MS, new Quotas(config.QUOTAS)),
    bulks,
    receipts,
    installation: installationOf(scheduler),
    clock: () => scheduler.now,
    readiness: () => null,
  });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  await hub.start();
  return Object.assign(scheduler, {
    app,
    hub,
    workBulksOff: async () => {
      while (await worker.tick());
    },
    close: async () => {
      await hub.stop();
      await app.close();
    },
  });
}

const outcomesOf = ({ queries, tables }: InMemoryTimerStore): CommandOutcomes => ({
  rejectionOf: (commandId) => Promise.resolve(tables.rejectionOf(commandId) ?? null),
  appliedTo: async (target, commandId) => {
    const timerId =
      'timerId' in target ? target.timerId : await queries.lastIdOf(target.namespace, target.key);
    if (timerId === null) return null;
    const { entries } = await queries.history(timerId, {}, 1_000);
    const caused = entries.findLast((entry) => entry.commandId === commandId);
    if (caused !== undefined) return { timerId, version: caused.version };
    return tables.unchanged.get(commandId)?.find((row) => row.timerId === timerId) ?? null;
  },
});

/** Nothing is stored, and Kafka is away. */
const installationOf = ({ now }: { readonly now: EpochMs }): InstallationReads => ({
  read: () =>
    Promise.resolve({
      at: momentText(now),
      isKafkaReachable: false,
      partitions: [],
      hookClasses: [],
      lately: { retries: 0, givenUp: 0, isExact: true },
      isExact: true,
    }),
});

class Scheduler {
  now = Date.UTC(2027, 2, 27, 12) as EpochMs;
  silence: Error | null = null;
  readonly sent: World['sent'] = [];
  readonly store = new InMemoryTimerStore({ partitions, now: () => this.now });
  readonly #quotas: QuotaGuard;
  #minted = 0;

  constructor(quotas: QuotaSettings) {
    const { usage } = this.store;
    this.#quotas = new QuotaGuard({ quotas: new Quotas(quotas), rates: new CommandRates(), usage });
  }

  async ask(command: CommandWire, options: AskOptions): Promise<Reply> {
    this.sent.push({ command, options });
    if (this.silence !== null) throw this.silence;
    options.onSent?.();
    const envelope = this.#envelope(command, options.actor);
    const { content } = envelope;
    if (content.kind === 'unreadable') return { ok: false, ...content.rejection };
    if (content.kind === 'misplaced') throw new Error('one store holds every timer');
    const request = { ...nothing, targets: [content.target], commandIds: [content.commandId] };
    let outcome: Outcome | null | undefined;
    await withinQuotas(this.#quotas, [content], (attempt) =>
      this.store.log.transact({ ...request, usageOf: attempt?.usageOf ?? [] }, (loaded) => {
        const mint = (slot: number) => this.#mint(slot);
        const admission = attempt?.admit(loaded);
        const decided = decideAll([envelope], loaded, { decide, evolve }, mint, admission);
        [outcome] = decided.outcomes;
        return decided.writes;
      }),
    );
    if (outcome === null || outcome === undefined) throw new Error('nothing was decided');
    return parseReply(await this.#text(outcome));
  }

  /** As the fire service would, at the time that it is. */
  async fire(timerId: TimerId): Promise<void> {
    await this.store.log.transact({ ...nothing, due: [timerId] }, (loaded) => {
      const [due] = loaded.due;
      if (due === undefined) throw new Error(`${timerId} is not due`);
      const eventId = this.#mint(0) as string as EventId;
      const decision = decide(due.state, { type: 'FireDue', commandId: null, eventId }, loaded.now);
      if (!decision.ok) throw new Error(decision.rejection.message);
      let after: typeof due.state | null = due.state;
      const events = decision.events.map((event) => {
        const write = { version: (after?.version ?? 0) + 1, commandId: null, event, meta: {} };
        after = evolve(after, write);
        return write;
      });
      const stream = { before: due.state, after, events, emission: null };
      return { streams: [stream], rejections: [], unchanged: [], emission: null, emitted: [] };
    });
  }

  #mint(slot: number): TimerId {
    this.#minted += 1;
    const random = new Uint8Array(10);
    new DataView(random.buffer).setUint32(4, this.#minted);
    return mintTimerId(this.now, slot, random);
  }

  #envelope(command: CommandWire, actor: string | undefined): CommandEnvelope {
    const record = commandRecord(command);
    const key = record.key === null ? null : Buffer.from(record.key);
    const value = Buffer.from(record.value);
    const parsed = parseCommand({ key, value }, commandBytesMax);
    const source = { topic: 'timers.commands', partition: 0, offset: BigInt(this.sent.length) };
    return {
      source,
      key,
      value,
      content: parsed.ok
        ? { kind: 'command', commandId: parsed.commandId, target: parsed.target, command: parsed.command }
        : { kind: 'unreadable', commandId: parsed.commandId, rejection: parsed.rejection },
      reply: null,
      ...(actor !== undefined && { actor }),
    };
  }

  async #text(outcome: Outcome): Promise<string> {
    if (outcome.kind === 'rejected') return refusedReply(outcome.rejection);
    if (outcome.kind === 'applied') return acceptedReply(outcome.state);
    const state = await this.store.log.stateAt(outcome.timerId, outcome.version);
    return state === null ? appliedReply(outcome.timerId, outcome.version) : acceptedReply(state);
  }
}

const nothing = { offsets: [], targets: [], commandIds: [], due: [], dueElsewhere: [] };
