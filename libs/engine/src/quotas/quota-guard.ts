import type { EpochMs, TimerState } from '#timer';
import type { CommandEnvelope, ReadableCommand } from '../commands/envelope.js';
import { TransientLogError } from '../log/errors.js';
import type { NamespaceUsage } from '../log/namespace-usage.js';
import { type LoadedTimers, liveChange, type TimerTarget } from '../log/timer-log.js';
import type { CommandRates, RateSpending } from './command-rates.js';
import {
  isCounted,
  type OverQuota,
  payloadRefusal,
  type QuotaField,
  type Quotas,
  rateRefusal,
  timersRefusal,
} from './quotas.js';

export interface QuotaGuardDeps {
  readonly quotas: Quotas;
  readonly rates: CommandRates;
  /** Of the database that this guard stands before. */
  readonly usage: Pick<NamespaceUsage, 'count'>;
  /** Live timers of a namespace in the other databases, as last seen; absent: there is one database. */
  readonly elsewhere?: (namespace: string) => number;
  /** After the commit. */
  readonly onRefused?: (refused: readonly RefusedByQuota[]) => void;
}
export interface RefusedByQuota {
  readonly namespace: string;
  readonly quota: QuotaField;
}

/** Stands before the decisions of one database's commands. */
export class QuotaGuard {
  constructor(private readonly deps: QuotaGuardDeps) {}

  /** One try of one batch. */
  begin(commands: readonly ReadableCommand[]): QuotaAttempt {
    return new QuotaAttempt(this.deps, commands);
  }

  /** @throws TransientLogError */
  async count(namespaces: readonly string[]): Promise<void> {
    try {
      await this.deps.usage.count(namespaces);
    } catch (cause) {
      throw new TransientLogError(
        `the timers of ${namespaces.join(', ')} cannot be counted: ${String(cause)}`,
        {
          cause,
        },
      );
    }
  }
}

/** Nothing was decided: the timers of these namespaces must be counted first. */
class UncountedNamespaces extends Error {
  constructor(readonly namespaces: readonly string[]) {
    super(`the timers of ${namespaces.join(', ')} are not counted yet`);
    this.name = 'UncountedNamespaces';
  }
}

/**
 * One transaction within the quotas of its namespaces: what it took goes back if it fails, and namespaces that are not counted yet are
 * counted before it is tried again. Without a guard it is the transaction alone.
 */
export async function withinQuotas<T>(
  guard: QuotaGuard | undefined,
  commands: readonly ReadableCommand[],
  transact: (attempt: QuotaAttempt | null) => Promise<T>,
): Promise<T> {
  if (guard === undefined) return transact(null);
  for (;;) {
    const attempt = guard.begin(commands);
    try {
      const result = await transact(attempt);
      attempt.settled();
      return result;
    } catch (error) {
      attempt.undo();
      if (!(error instanceof UncountedNamespaces)) throw error;
      await guard.count(error.namespaces);
    }
  }
}

export class QuotaAttempt {
  /** What must be loaded for the batch to be decided. */
  readonly usageOf: readonly TimerTarget[];
  readonly #spending: RateSpending;
  #admission: Admission | null = null;

  constructor(
    private readonly deps: QuotaGuardDeps,
    commands: readonly ReadableCommand[],
  ) {
    this.#spending = deps.rates.begin();
    this.usageOf = deps.quotas.boundTimers
      ? commands.filter(({ command, target }) => isCounted(command) && this.#mayBound(target)).map(targetOf)
      : [];
  }

  /** Once all is loaded; again if it is decided again. @throws where a namespace is not counted yet */
  admit(loaded: LoadedTimers): Admission {
    this.undo();
    const usage = loaded.usage ?? new Map<string, number>();
    const bounded = this.usageOf.flatMap((target) => namespaceOf(target, stateOf(target, loaded)) ?? []);
    const missing = new Set(bounded.filter((namespace) => !usage.has(namespace) && this.#bounds(namespace)));
    if (missing.size > 0) throw new UncountedNamespaces([...missing]);
    this.#admission = new Admission(this.deps, this.#spending, usage, loaded.now);
    return this.#admission;
  }

  /** It is committed. */
  settled(): void {
    const refused = this.#admission?.refused ?? [];
    if (refused.length > 0) this.deps.onRefused?.(refused);
  }

  /** Nothing was written. */
  undo(): void {
    this.#spending.undo();
  }

  /** Of a timer that is named by its id, the namespace is not known before it is loaded. */
  #mayBound(target: TimerTarget): boolean {
    return 'timerId' in target || this.#bounds(target.namespace);
  }

  #bounds(namespace: string): boolean {
    return (this.deps.quotas.of(namespace)?.timers ?? null) !== null;
  }
}

/** One batch before its quotas, command by command. */
export class Admission {
  readonly refused: RefusedByQuota[] = [];
  /** What the commands before this one have added. */
  readonly #added = new Map<string, number>();

  constructor(
    private readonly deps: Pick<QuotaGuardDeps, 'quotas' | 'elsewhere'>,
    private readonly spending: RateSpending,
    private readonly usage: ReadonlyMap<string, number>,
    private readonly now: EpochMs,
  ) {}

  /** Before a command is decided. Null: it may be. */
  refuse(
    { key, value }: CommandEnvelope,
    { command, target }: ReadableCommand,
    state: TimerState | null,
  ): OverQuota | null {
    const namespace = namespaceOf(target, state);
    const quota = namespace === null || !isCounted(command) ? null : this.deps.quotas.of(namespace);
    if (namespace === null || quota === null) return null;
    const bytes = (value?.length ?? 0) + (key?.length ?? 0);
    const tooLarge = payloadRefusal(quota, namespace, bytes);
    if (tooLarge !== null) return this.#refused(namespace, tooLarge);
    const { commandsPerSecond: perSecond, commandsBurst: burst } = quota;
    if (perSecond === null) return null;
    const retryAfterMs = this.spending.take(namespace, { perSecond, burst: burst ?? perSecond }, this.now);
    return retryAfterMs === 0
      ? null
      : this.#refused(namespace, rateRefusal(namespace, perSecond, retryAfterMs));
  }

  /** Of a command that is decided, before it is applied. Null: there is room for what it adds, and that counts from now on. */
  take({ command }: ReadableCommand, before: TimerState | null, after: TimerState | null): OverQuota | null {
    const change = liveChange({ before, after });
    const namespace = (after ?? before)?.spec.namespace;
    if (change === 0 || namespace === undefined) return null;
    const max = isCounted(command) ? (this.deps.quotas.of(namespace)?.timers ?? null) : null;
    const added = this.#added.get(namespace) ?? 0;
    const timers = (this.usage.get(namespace) ?? 0) + added + (this.deps.elsewhere?.(namespace) ?? 0);
    if (change > 0 && max !== null && timers >= max)
      return this.#refused(namespace, timersRefusal(namespace, timers, max));
    this.#added.set(namespace, added + change);
    return null;
  }

  #refused(namespace: string, rejection: OverQuota): OverQuota {
    this.refused.push({ namespace, quota: rejection.field });
    return rejection;
  }
}

const targetOf = ({ target }: ReadableCommand): TimerTarget => target;

const namespaceOf = (target: TimerTarget, state: TimerState | null): string | null =>
  state?.spec.namespace ?? ('timerId' in target ? null : target.namespace);

const stateOf = (target: TimerTarget, { byId }: LoadedTimers): TimerState | null =>
  'timerId' in target ? (byId.get(target.timerId) ?? null) : null;
