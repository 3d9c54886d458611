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
