import { readFileSync } from 'node:fs';

/** A named, prepared statement; its text is one file of `libs/postgres/sql`. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export function statement(name: string): Statement {
  const text = readFileSync(new URL(`../../sql/${name}.sql`, import.meta.url), 'utf8');
  return Object.freeze({ name, text });
}
