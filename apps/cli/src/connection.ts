import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';

/** Where a running Carillon is: written by `carillon up`, removed when it ends. */
export interface RunFile {
  readonly kafkaBrokers: string;
  readonly databaseUrl: string;
  readonly httpUrl: string;
}
export const homeDir = (): string => join(process.cwd(), '.carillon');
export const runFile = (): string => join(homeDir(), 'run.json');

/** From the environment, or from a Carillon that runs here. */
export function databaseUrl(): string {
  return process.env.DATABASE_URL ?? running('DATABASE_URL').databaseUrl;
}

function running(variable: string): RunFile {
  try {
    return JSON.parse(readFileSync(runFile(), 'utf8')) as RunFile;
  } catch {
    throw new InvalidArgumentError(
      `no Carillon runs here (no ${runFile()}): start it with npm start, or set ${variable}`,
    );
  }
}
