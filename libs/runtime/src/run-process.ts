import type { z } from 'zod';
import { InvalidConfiguration, loadConfig, redacted } from './config.js';
import { createLogger, type Logger } from './logger.js';

/**
 * What each `main.ts` does: reads the environment and runs, or shows what it read for `--print-config`. Whatever ends the
 * process by accident is a line of its log as well.
 */
export async function runProcess<S extends z.ZodObject>(
  name: string,
  schema: S,
  run: (config: Readonly<z.infer<S>>) => Promise<unknown>,
): Promise<void> {
  const logger = createLogger(name, 'info');
  tellWhatNodeWouldPrint(logger);
  try {
    const config = loadConfig(schema, process.env);
    if (process.argv.includes('--print-config'))
      process.stdout.write(`${JSON.stringify(redacted(config), null, 2)}\n`);
    else await run(config);
  } catch (error) {
    if (error instanceof InvalidConfiguration)
      logger.fatal({ code: error.code, problems: error.problems }, 'the environment is not complete');
    else logger.fatal({ err: error }, 'cannot start');
    process.exit(1);
  }
}

/** Node's own words are no JSON. */
function tellWhatNodeWouldPrint(logger: Logger): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => logger.warn({ err: warning }, 'Node warns'));
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'nobody caught this error');
    process.exit(1);
  });
}
