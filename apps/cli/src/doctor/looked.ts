import { explain } from '../errors/explain.js';
import { absence, type Finding } from './findings.js';

export interface Look {
  readonly findings: readonly Finding[];
  /** Of the log, where a database was looked at. */
  readonly partitions?: number | null;
}

/** What does not answer is a finding of its own, with what to do next. */
export async function looked(what: string, next: string, look: () => Promise<Look>): Promise<Look> {
  try {
    return await look();
  } catch (error) {
    const { code, message } = explain(error);
    return { findings: [absence(what, `${message} [${code}]`, next)] };
  }
}
