import type { ConnectionOptions } from 'node:tls';

export interface Logger {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface SaslSettings {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export interface KafkaSettings {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** `true`: TLS with the system's authorities. */
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: SaslSettings;
  readonly log: Logger;
}
