import { CommandSender } from '#client';
import type { CommandWire } from '#contract';
import { type BulkCommand, type BulkCommands, type BulkOutcome, BulkWorker } from '#engine';
import { kafkaSettings } from '#kafka';
import { databaseUrlsOf, openAllPostgresQueries, openPostgresBulks } from '#postgres';
import { every, type Logger, loopService, type Service, sleep } from '#runtime';
import type { SchedulerConfig } from './config.js';

/** Longer than a scheduler takes to take a partition over. */
const outcomeTimeoutMs = 20_000;
/** The way of replies reads every reply there is: it is closed when no bulk has needed it for this long. */
const closedAfterIdleMs = 30_000;
/** How long a bulk that has ended can still be asked about. */
const keptMs = 7 * 86_400_000;
const forgottenEveryMs = 3_600_000;

/** Works bulks off beside the commands, by commands like anybody's. */
export function bulkService(config: SchedulerConfig, logger: Logger): Service {
  const databaseUrls = databaseUrlsOf(config);
  const settings = { applicationName: 'carillon scheduler bulks', log: logger };
  const bulks = openPostgresBulks({ ...settings, databaseUrl: databaseUrls[0] });
  const reading = openAllPostgresQueries(databaseUrls, { ...settings, connectionsMax: 2 });
  const way = new CommandWay(config, logger);
  const worker = new BulkWorker({
    store: bulks.store,
    queries: reading.queries,
    commands: way,
    logger,
    sleep: async (ms, signal) => {
      await way.closeIfIdle();
      await sleep(ms, signal);
    },
  });
  const loop = loopService((stop) => worker.run(stop));
  const forgetting = every(
    forgottenEveryMs,
    () => bulks.store.forget(keptMs),
    (error) => logger.warn({ err: error }, 'old bulks will be forgotten later'),
  );
  return {
    start: async () => {
      await loop.start();
      await forgetting.start();
    },
    stop: async () => {
      // answers that somebody waits for fail at once, and what they were about is taken up by another process
      await way.close();
      await Promise.all([loop.stop(), forgetting.stop()]);
      await Promise.all([way.close(), bulks.close(), reading.close()]);
    },
  };
}

/** Opened by the first bulk that needs it. */
class CommandWay implements BulkCommands {
  #sender: Promise<CommandSender> | null = null;
  #usedAt = 0;

  constructor(
    private readonly config: SchedulerConfig,
    private readonly logger: Logger,
  ) {}

  async ask(command: BulkCommand): Promise<BulkOutcome> {
    this.#usedAt = performance.now();
    this.#sender ??= this.#open();
    const sender = await this.#sender;
    const actor = command.actor === null ? {} : { actor: command.actor };
    const reply = await sender.ask(wireOf(command), { timeoutMs: outcomeTimeoutMs, ...actor });
    this.#usedAt = performance.now();
    return reply.ok ? { ok: true } : reply;
  }

  async closeIfIdle(): Promise<void> {
    if (performance.now() - this.#usedAt > closedAfterIdleMs) await this.close();
  }

  async close(): Promise<void> {
    const opened = this.#sender;
    this.#sender = null;
    // one that could not be opened has told so to whoever asked
    await opened?.then((sender) => sender.close()).catch(() => undefined);
  }

  async #open(): Promise<CommandSender> {
    const kafka = kafkaSettings(this.config, 'carillon-scheduler-bulks', this.logger);
    const sender = new CommandSender({ kafka, topicPrefix: this.config.TOPIC_PREFIX });
    try {
      await sender.connect();
      return sender;
    } catch (error) {
      this.#sender = null;
      await sender.close();
      throw error;
    }
  }
}

/** The record goes where the timer's other commands go; the id says that no later timer of that name is meant. */
function wireOf({ commandId, target, wish }: BulkCommand): CommandWire {
  const addressed = { id: commandId, ...target };
  if (wish.type !== 'UpdateTimer') return { type: wish.type, ...addressed };
  return {
    type: 'UpdateTimer',
    ...addressed,
    set: { tags: [...wish.tags] },
    check: { version: wish.version },
  };
}
