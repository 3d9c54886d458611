/** What the engine says; pino and the like fit. */
export interface Logger {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Resolves after this long, or at once when the signal fires. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/** The process's own clock, epoch ms. It only decides when to try; the database's clock decides what is due. */
export type LocalClock = () => number;
