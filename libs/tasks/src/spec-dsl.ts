import { randomUUID } from 'node:crypto';
import { type ListOptions, type NewTimer, rejectionError, type TimerRef } from '#client';
import {
  type CommandWire,
  commandBytesMax,
  parseCommand,
  type TimerConditionWire,
  type TimerRecord,
  timerRecord,
} from '#contract';
import {
  type CommandId,
  childKeyOf,
  createChild,
  decide,
  type EpochMs,
  type EventId,
  evolve,
  isSpawning,
  mintTimerId,
  type TimerCommand,
  type TimerEvent,
  type TimerId,
  type TimerState,
} from '#timer';
import type { TaskTimers } from './ports.js';

// Timers without servers: the aggregate itself, its commands as they come over the wire, and a clock that a spec moves.

type Ask = (type: CommandWire['type']) => (ref: TimerRef, body?: object) => Promise<TimerRecord>;

export class MemoryTimers implements TaskTimers {
  now = Date.parse('2026-11-24T10:00:00Z') as EpochMs;
  /** Thrown by every call while it is set. */
  failure: Error | null = null;
  readonly calls: string[] = [];
  readonly #states = new Map<string, TimerState>();

  readonly #ask: Ask = (type) => (ref, body) => this.#call(type, ref, body ?? {});
  readonly cancelTimer = this.#ask('CancelTimer');
  readonly pauseTimer = this.#ask('PauseTimer');
  readonly resumeTimer = this.#ask('ResumeTimer');
  readonly claimEvent = this.#ask('ClaimEvent');
  readonly heartbeatEvent = this.#ask('HeartbeatEvent');
  readonly closeTimerEvent = this.#ask('CloseEvent');
  readonly retryEvent = this.#ask('RetryEvent');

  createTimer({ key, namespace = 'default', ...timer }: NewTimer): Promise<TimerRecord> {
    return this.#call('CreateTimer', { key, namespace }, { timer });
  }
  createTimers(timers: readonly NewTimer[]): Promise<PromiseSettledResult<TimerRecord>[]> {
    return Promise.allSettled(timers.map((timer) => this.createTimer(timer)));
  }
  updateTimer(ref: TimerRef, set: object): Promise<TimerRecord> {
    return this.#call('UpdateTimer', ref, { set });
  }
  async deleteTimer(ref: TimerRef): Promise<boolean> {
    const isThere = this.#states.has(nameOf(ref));
    if (isThere) await this.#call('DeleteTimer', ref, {});
    return isThere;
  }

  /** By key unless asked otherwise: the order that costs least where timers are read. */
  async *getTimers(
    condition: TimerConditionWire = {},
    { order = 'key' }: ListOptions = {},
  ): AsyncGenerator<TimerRecord> {
    const of = ({ id, spec }: TimerState): string => (order === 'id' ? id : spec.key);
    for (const state of [...this.#states.values()].sort((a, b) => (of(a) < of(b) ? -1 : 1))) {
      const record = timerRecord(state);
      if (this.#matches(record, condition)) yield record;
    }
  }

  #matches(
    record: TimerRecord,
    { namespace, key, id, hookClass, status, tags, not }: TimerConditionWire,
  ): boolean {
    return (
      (namespace === undefined || record.namespace === namespace) &&
      (key === undefined || record.key === key) &&
      (id === undefined || record.id === id) &&
      (hookClass === undefined || record.hookClass === hookClass) &&
      (status === undefined || status.some((one) => one === record.status)) &&
      (tags === undefined || tags.every((tag) => record.tags.includes(tag))) &&
      (not === undefined || !this.#matches(record, not))
    );
  }

  /** For a process that dies once so many commands of its own are done: those that follow are not, and it hears of none. */
  dyingAfter(commands: number): TaskTimers {
    let left = commands;
    return new Proxy(this, {
      get: (timers, name: keyof MemoryTimers) => {
        const member = timers[name] as unknown;
        if (typeof member !== 'function') return member;
        if (name === 'getTimers') return member.bind(timers);
        return async (...given: unknown[]) => {
          left -= 1;
          if (left < 0) throw new Error('the process has died');
          return member.apply(timers, given);
        };
      },
    });
  }

  /** Moves the clock, and lets everything that is due on the way happen. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const [next] = [...this.#states.values()]
        .filter(({ nextFireAt }) => nextFireAt !== null && nextFireAt <= end)
        .sort((a, b) => (a.nextFireAt ?? 0) - (b.nextFireAt ?? 0));
      if (next === undefined) break;
      this.now = Math.max(this.now, next.nextFireAt ?? 0) as EpochMs;
      this.#apply(`${next.spec.namespace}/${next.spec.key}`, {
        type: 'FireDue',
        commandId: null,
        eventId: randomUUID() as EventId,
        ...(isSpawning(next.spec) && { child: { id: this.#mint(), key: childKeyOf(next) } }),
      });
    }
    this.now = end as EpochMs;
  }

  record(namespace: string, key: string): TimerRecord {
    const state = this.#states.get(`${namespace}/${key}`);
    if (state === undefined) throw new Error(`there is no ${key}`);
    return timerRecord(state);
  }

  async #call(type: CommandWire['type'], ref: TimerRef, body: object): Promise<TimerRecord> {
    this.calls.push(type);
    if (this.failure !== null) throw this.failure;
    const name = nameOf(ref);
    const slash = name.indexOf('/');
    const wire = {
      type,
      id: randomUUID(),
      namespace: name.slice(0, slash),
      key: name.slice(slash + 1),
      ...body,
    };
    const parsed = parseCommand({ key: null, value: Buffer.from(JSON.stringify(wire)) }, commandBytesMax);
    if (!parsed.ok) throw rejectionError(parsed.rejection);
    return this.#apply(name, {
      ...parsed.command,
      timerId: this.#mint(),
      namespace: wire.namespace,
      key: wire.key,
    } as TimerCommand);
  }

  /** Children begin with their tick, and their parent hears of their end. */
  #family(before: TimerState | null, state: TimerState | null, event: TimerEvent): void {
    if (event.type === 'ChildSpawned' && before !== null) {
      let child: TimerState | null = null;
      for (const [index, fact] of createChild(before, event).entries())
        child = evolve(child, { version: index + 1, commandId: null, event: fact });
      if (child !== null) this.#states.set(`${child.spec.namespace}/${child.spec.key}`, child);
    }
    const parent = state?.spec.parent;
    const isEnd = event.type === 'TimerEnded' || 'ended' in event;
    if (!isEnd || state === null || parent === undefined) return;
    const name = `${state.spec.namespace}/${parent.key}`;
    if (!this.#states.has(name)) return;
    const commandId = state.id as string as CommandId;
    this.#apply(name, { type: 'EndChild', commandId, parentId: parent.timerId, childId: state.id });
  }

  #mint(): TimerId {
    return mintTimerId(this.now, 0, crypto.getRandomValues(new Uint8Array(9)));
  }

  #apply(name: string, command: TimerCommand): TimerRecord {
    const before = this.#states.get(name) ?? null;
    const decision = decide(before, command, this.now);
    if (!decision.ok) throw rejectionError(decision.rejection);
    let state = before;
    for (const event of decision.events)
      state = evolve(state, { version: (state?.version ?? 0) + 1, commandId: command.commandId, event });
    if (state === null) this.#states.delete(name);
    else this.#states.set(name, state);
    for (const event of decision.events) this.#family(before, state ?? before, event);
    const shown = state ?? before;
    if (shown === null) throw new Error(`nothing is known of ${name}`);
    return timerRecord(shown);
  }
}

const nameOf = (ref: TimerRef): string =>
  'timerId' in ref ? ref.timerId : `${ref.namespace ?? 'default'}/${ref.key}`;
