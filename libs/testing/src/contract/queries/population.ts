import type { TimerQueries } from '#engine';
import type { EpochMs, TimerCommand, TimerCondition, TimerInput, TimerState } from '#timer';
import { freshName, type QueriesSubject, type Stage } from '../subject.js';
import {
  apply,
  createTimer,
  creation,
  fire,
  foldStream,
  hourly,
  type Name,
  newCommandId,
  newEventId,
  present,
  request,
  streamOf,
  transact,
  writing,
} from '../writing.js';

const keys = [
  'a',
  'ab',
  'a_b',
  'a%b',
  'aXb',
  'abc',
  'b',
  'A',
  '𝄞',
  '𝄞x',
  '\uffff',
  '日本',
  `o'k`,
  '\\',
  'zz',
];
const tagSets = [[], ['eu'], ['eu', 'paid'], ['paid', 'x,y'], ['{"}', `'`], ['eu', 'paid', '%']];
const hookClasses = ['', 'billing', 'mail'];

const command = (type: 'PauseTimer' | 'FaultTimer') => (): TimerCommand =>
  type === 'FaultTimer' ? { type, commandId: null, reason: 'said so' } : { type, commandId: newCommandId() };

const failing = (state: TimerState, now: EpochMs): TimerCommand => ({
  type: 'RetryEvent',
  commandId: newCommandId(),
  eventId: present(state.open).eventId,
  at: now,
  error: 'no route to "host"',
});
/** The clock's look at an attempt that was the last. */
const giveUp = (_: TimerState, now: EpochMs): TimerCommand => ({
  type: 'FireDue',
  commandId: null,
  eventId: newEventId(now),
});

/** How a timer comes to stand where it stands. */
const lives: readonly {
  readonly timer: Partial<TimerInput>;
  readonly grow?: (stage: Stage<QueriesSubject>, state: TimerState) => Promise<TimerState>;
}[] = [
  { timer: {} },
  { timer: { schedPolicyType: 'ONCE', schedPolicyExpr: '2031-01-01T00:00:00Z' } },
  { timer: { schedPolicyType: 'ONCE', schedPolicyExpr: '2032-01-01T00:00:00Z' } },
  { timer: { enable: false } },
  {
    timer: { hookClass: 'billing' },
    grow: async (stage, { id }) => (await fire(stage.log, id)).state,
  },
  {
    timer: { hookClass: 'mail', preSchedule: { enable: true } },
    grow: async (stage, { id }) => (await fire(stage.log, id)).state,
  },
  { timer: {}, grow: async (stage, { id }) => present(await apply(stage.log, id, command('PauseTimer'))) },
  { timer: {}, grow: async (stage, { id }) => present(await apply(stage.log, id, command('FaultTimer'))) },
  { timer: { endAt: 0 as NonNullable<TimerInput['endAt']> } },
  {
    timer: { hookClass: 'billing', retry: { maxAttempts: 1 }, data: { text: '{"givenUp":{}}' } },
    grow: async (stage, { id }) => {
      await fire(stage.log, id);
      await apply(stage.log, id, failing);
      return present(await apply(stage.log, id, giveUp));
    },
  },
];

export interface Population {
  readonly timers: readonly TimerState[];
  /** Of this population alone, whatever else the store holds. */
  among(condition: TimerCondition): TimerCondition;
}

const childrenPerPopulation = 3;

/** As a parent's fire makes it. */
async function createChild(
  stage: Stage<QueriesSubject>,
  parent: TimerState,
  name: Name,
): Promise<TimerState> {
  let born: TimerState | null = null;
  await transact(stage.log, request({ targets: [name] }), ({ now }) => {
    const { commandId, event } = present(streamOf(null, creation(name, hourly, now), now).events[0]);
    if (event.type !== 'TimerCreated') throw new Error('a creation begins a timer');
    const spec = { ...event.spec, parent: { timerId: parent.id, key: parent.spec.key, n: 1 } };
    const stream = foldStream(null, [{ ...event, spec }], commandId);
    born = stream.after;
    return writing(stream);
  });
  return present<TimerState>(born);
}

/** Timers of every status, with keys, tags and hook classes that are easy to get wrong, in two namespaces. */
export async function populate(stage: Stage<QueriesSubject>, rounds = 1): Promise<Population> {
  const namespaces = [freshName(), freshName()];
  const timers: TimerState[] = [];
  for (let n = 0; n < keys.length * rounds; n += 1) {
    const life = present(lives[n % lives.length]);
    const created = await createTimer(
      stage.log,
      {
        tags: present(tagSets[n % tagSets.length]),
        hookClass: present(hookClasses[n % hookClasses.length]),
        ...life.timer,
      },
      {
        namespace: present(namespaces[n % 2]),
        key: `${present(keys[n % keys.length])}${n < keys.length ? '' : n}`,
      },
    );
    timers.push((await life.grow?.(stage, created)) ?? created);
  }
  const [parent] = timers;
  for (let n = 0; n < childrenPerPopulation; n += 1)
    timers.push(
      await createChild(stage, present(parent), { namespace: present(namespaces[0]), key: `child-${n}` }),
    );
  return {
    timers,
    among: (condition) => ({ or: namespaces.map((namespace) => ({ namespace })), and: [condition] }),
  };
}

/** Every page of a list, one after the other. */
export async function listAll(
  queries: TimerQueries,
  condition: TimerCondition,
  page: { readonly order?: 'id' | 'key' | 'nextFireTime'; readonly limit: number },
): Promise<TimerState[]> {
  const all: TimerState[] = [];
  let after: string | null = null;
  do {
    const { timers, next }: Awaited<ReturnType<TimerQueries['list']>> = await queries.list(condition, {
      ...page,
      after,
    });
    all.push(...timers);
    after = next;
  } while (after !== null);
  return all;
}
