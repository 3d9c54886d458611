import type { DatabasePlace } from '#engine';
import type { Finding, VerifyReport } from '#postgres';

export interface Verified {
  readonly timers: number;
  readonly events: number;
  /** Where there are several databases, each with the number of its own. */
  readonly findings: readonly (Finding & { readonly database?: number })[];
  /** One of them had more than are told. */
  readonly isCut: boolean;
}

/** Reports of several databases as one; what one of them does not answer takes nothing from the others. */
export class VerifiedDatabases {
  readonly #reports: Verified[] = [];
  /** Of the first that did not answer. */
  failure: unknown;

  async take({ number, of }: DatabasePlace, report: () => Promise<VerifyReport>): Promise<void> {
    try {
      const { findings, ...read } = await report();
      const marked = findings.map((finding) => ({ ...finding, ...(of > 1 && { database: number + 1 }) }));
      this.#reports.push({ ...read, findings: marked });
    } catch (error) {
      this.failure ??= error;
    }
  }

  get report(): Verified {
    const sum = (of: (report: Verified) => number) =>
      this.#reports.reduce((total, report) => total + of(report), 0);
    return {
      timers: sum(({ timers }) => timers),
      events: sum(({ events }) => events),
      findings: this.#reports.flatMap(({ findings }) => findings),
      isCut: this.#reports.some(({ isCut }) => isCut),
    };
  }
}
