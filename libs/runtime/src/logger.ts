import { type Logger as PinoLogger, pino } from 'pino';

export type Logger = PinoLogger;

/** JSON lines on standard output; `pretty` for people at a terminal. */
export function createLogger(name: string, level: string, pretty = process.stdout.isTTY): Logger {
  if (!pretty) return pino({ name, level });
  return pino({
    name,
    level,
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
