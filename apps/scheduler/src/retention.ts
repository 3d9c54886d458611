import { Retention, type RetentionPolicy, type RetentionStore, type TimerLog } from '#engine';
import { type Logger, loopService, type Service, sleep, systemClock } from '#runtime';
import { decide, evolve } from '#timer';
import type { SchedulerConfig } from './config.js';

const roundEveryMs = 3_600_000;

/** Of one database. */
export interface RetainedLog {
  readonly store: RetentionStore;
  openLog(): TimerLog;
  /** Resolves when the relay is near enough to the end of the log. */
  mayWrite(): Promise<void>;
}

/** Keeps log and tables from growing for ever, where days are configured: one scheduler at a time, beside the commands. */
export function retentionService(
  config: SchedulerConfig,
  logger: Logger,
  { store, openLog, mayWrite }: RetainedLog,
): Service {
  const policy: RetentionPolicy = {
    logDays: config.LOG_RETENTION_DAYS,
    endedDays: config.ENDED_RETENTION_DAYS,
    archiveDays: config.ARCHIVE_RETENTION_DAYS,
  };
  return loopService(async (stop) => {
    if (Object.values(policy).every((days) => days === 0)) return;
    const retention = new Retention({
      store,
      log: openLog(),
      timer: { decide, evolve },
      logger,
      sleep,
      clock: systemClock,
      mayWrite,
    });
    while (!stop.aborted) {
      try {
        const report = await retention.run(policy, stop);
        if (report !== null) logger.info(report, 'retention has done its round');
      } catch (error) {
        logger.warn({ err: error }, 'retention will go on in an hour');
      }
      await sleep(roundEveryMs, stop);
    }
  });
}
