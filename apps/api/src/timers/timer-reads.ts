import type {
  HistoryEntry,
  HistoryRange,
  PageRequest,
  PastState,
  TimerCount,
  TimerPage,
  TimerQueries,
} from '#engine';
import type { EpochMs, TimerCondition, TimerId, TimerState } from '#timer';
import { isAmong, mayUse, type Principal } from '../http/access.js';
import { spoken, type TimerAddress } from '../http/address.js';
import { problem, refusal } from '../http/problem-error.js';

export type WhenAsked = { readonly version?: number | undefined; readonly at?: EpochMs | undefined };

const gone = (address: TimerAddress) =>
  refusal({ code: 'timer-not-exist', message: `timer not exist: ${spoken(address)}` });
export const historyExpired = () =>
  problem('history-expired', 'this is longer ago than the log is kept: ask for a later moment');

/** Queries as a principal may ask them: of foreign namespaces nothing is seen, not even that a timer is there. */
export class TimerReads {
  constructor(readonly queries: TimerQueries) {}

  /** @throws ProblemError `timer-not-exist` */
  async one(principal: Principal, address: TimerAddress): Promise<TimerState> {
    const state =
      'timerId' in address
        ? await this.queries.byId(address.timerId)
        : await this.queries.byKey(address.namespace, address.key);
    if (state === null || !mayUse(principal, state.spec.namespace)) throw gone(address);
    return state;
  }

  /** The timer as it was; also one that is deleted by now. @throws ProblemError */
  async past(principal: Principal, address: TimerAddress, when: WhenAsked): Promise<TimerState> {
    const timerId = await this.idOf(principal, address);
    const past = await this.#stateAt(timerId, when);
    if (past.kind === 'expired') throw historyExpired();
    if (past.kind === 'absent') throw gone(address);
    if (!mayUse(principal, past.state.spec.namespace)) throw gone(address);
    return past.state;
  }

  /** Of a timer that is there or that the log still knows. @throws ProblemError */
  async idOf(principal: Principal, address: TimerAddress): Promise<TimerId> {
    if ('timerId' in address) {
      if (!(await this.maySee(principal, address))) throw gone(address);
      return address.timerId;
    }
    if (!mayUse(principal, address.namespace)) throw gone(address);
    const timerId = await this.queries.lastIdOf(address.namespace, address.key);
    if (timerId === null) throw gone(address);
    return timerId;
  }

  /** Whether what is told of a timer may be told to a principal; null: nobody knows of which. */
  async maySee(principal: Principal, address: TimerAddress | null): Promise<boolean> {
    if (principal.namespaces === 'all') return true;
    if (address === null) return false;
    const namespace = 'timerId' in address ? await this.#namespaceOf(address.timerId) : address.namespace;
    return namespace !== null && mayUse(principal, namespace);
  }

  /**
   * What a command may be sent to: who may not read a namespace is not told what is there. Also a timer that is deleted by now:
   * whether its command came before is for the outcomes to say.
   */
  async forCommand(principal: Principal, address: TimerAddress): Promise<TimerAddress> {
    if (principal.namespaces === 'all') return address;
    if (!('timerId' in address)) return expectNamespace(principal, address);
    const namespace = await this.#namespaceOf(address.timerId);
    if (namespace === null || !isAmong(principal.readable, namespace)) throw gone(address);
    expectNamespace(principal, { namespace });
    return address;
  }

  list(principal: Principal, condition: TimerCondition, page: PageRequest): Promise<TimerPage> {
    return this.queries.list(narrowedTo(principal, condition), page);
  }

  count(principal: Principal, condition: TimerCondition, max: number): Promise<TimerCount> {
    return this.queries.count(narrowedTo(principal, condition), max);
  }

  async history(
    principal: Principal,
    address: TimerAddress,
    range: HistoryRange,
    limit: number,
  ): Promise<{ readonly entries: readonly HistoryEntry[]; readonly hasMore: boolean }> {
    const timerId = await this.idOf(principal, address);
    const page = await this.queries.history(timerId, range, limit);
    // an empty page of an unknown id is no history
    if (page.entries.length === 0 && 'timerId' in address && !(await this.#wasThere(timerId)))
      throw gone(address);
    return page;
  }

  stateBefore(timerId: TimerId, version: number): Promise<PastState> {
    return version <= 1
      ? Promise.resolve({ kind: 'absent' })
      : this.queries.stateAtVersion(timerId, version - 1);
  }

  #stateAt(timerId: TimerId, { version, at }: WhenAsked): Promise<PastState> {
    if (version !== undefined) return this.queries.stateAtVersion(timerId, version);
    return this.queries.stateAtMoment(timerId, at ?? (0 as EpochMs));
  }

  async #wasThere(timerId: TimerId): Promise<boolean> {
    if ((await this.queries.byId(timerId)) !== null) return true;
    return (await this.queries.history(timerId, {}, 1)).entries.length > 0;
  }

  async #namespaceOf(timerId: TimerId): Promise<string | null> {
    const state = await this.queries.byId(timerId);
    if (state !== null) return state.spec.namespace;
    // deleted by now: its first event says whose it was
    const [first] = (await this.queries.history(timerId, {}, 1)).entries;
    if (first?.event.type === 'TimerCreated') return first.event.spec.namespace;
    return first?.event.type === 'TimerSnapshotted' ? first.event.state.spec.namespace : null;
  }
}

function expectNamespace<A extends { readonly namespace: string }>(principal: Principal, address: A): A {
  const { namespace } = address;
  if (mayUse(principal, namespace)) return address;
  const detail = isAmong(principal.readable, namespace)
    ? `in the namespace ${namespace} you may only read`
    : `the namespace ${namespace} is not among yours`;
  throw problem('forbidden', detail, { field: 'namespace' });
}

/** A principal's own namespaces, whatever the condition asks for. */
export function narrowedTo({ namespaces }: Principal, condition: TimerCondition): TimerCondition {
  if (namespaces === 'all') return condition;
  if (condition.namespace !== undefined && namespaces.includes(condition.namespace)) return condition;
  const [only] = namespaces;
  if (namespaces.length === 1 && only !== undefined && condition.namespace === undefined)
    return { ...condition, namespace: only };
  return { and: [{ or: namespaces.map((namespace) => ({ namespace })) }, condition] };
}
