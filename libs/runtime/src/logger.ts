import { type Logger as PinoLogger, pino } from 'pino';
import { secretsOf, withoutSecrets } from './secrets.js';

export type Logger = PinoLogger;

/**
 * JSON lines on standard output; `pretty` for people at a terminal. None of the environment's secrets comes into one, whoever put it into an
 * error.
 */
export function createLogger(name: string, level: string, pretty = process.stdout.isTTY): Logger {
  const secrets = secretsOf(process.env);
  const options = {
    name,
    level,
    ...(secrets.length > 0 && { hooks: { streamWrite: (line: string) => withoutSecrets(line, secrets) } }),
  };
  if (!pretty) return pino(options);
  return pino({
    ...options,
    transport: {
      target: 'pino-pretty',
      options: { ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l', singleLine: true },
    },
  });
}

/** Nest's own words as lines of our log. What it says of its ordinary course is for who looks for it. */
export const nestLog = (logger: Logger) => ({
  log: (message: unknown, context?: unknown) => logger.debug({ context }, String(message)),
  warn: (message: unknown, context?: unknown) => logger.warn({ context }, String(message)),
  error: (message: unknown, ...details: unknown[]) => logger.error({ details }, String(message)),
  fatal: (message: unknown, ...details: unknown[]) => logger.fatal({ details }, String(message)),
});
