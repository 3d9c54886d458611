import type { ConditionSql } from './condition-sql.js';
import type { Parameters } from './parameters.js';

/** Where a query looks for timers: among all of them, or among a part that has a bound and may prove too small to answer. */
export interface TimerSource {
  /** Common tables that the others read from, each with a comma after it. */
  readonly before: string;
  /** As `p`, as `s` or as both, whichever the condition speaks of; one of the two at least. */
  readonly tables: (needs: Pick<ConditionSql, 'usesSpec' | 'usesState'>) => string;
  /** Stands before the condition. */
  readonly guard: string;
  /** An expression: the part was too small, and what was found among it is no answer. */
  readonly isCut: string;
}

export type TimerSourceOf = (parameters: Parameters) => TimerSource;

export const everyTimer: TimerSourceOf = () => ({
  before: '',
  tables: ({ usesSpec, usesState }) => {
    if (usesSpec && usesState) return 'timer_spec p join timer_state s on s.id = p.id';
    return usesState ? 'timer_state s' : 'timer_spec p';
  },
  guard: '',
  isCut: 'false',
});

/** What a condition may speak of, without the wide rest. */
export const specColumns = 'p.id, p.namespace, p.key, p.hook_class, p.tags, p.parent_id, p.enable';

/** Of this many tagged timers each is looked at: a read of their rows, and of their states where those are asked for. */
const taggedMax = 20_000;

/** From the index of tags whatever the planner expects: as an operand it does not know, the tags are to it like any others. */
const taggedSpecs = (tags: readonly string[], parameters: Parameters): string =>
  `select ${specColumns} from timer_spec p where p.tags @> (select ${parameters.add(tags, 'text[]')})`;

/** The timers that have all of these tags, if they are few enough; each state is looked up by its id. */
export function timersTagged(tags: readonly string[]): TimerSourceOf {
  return (parameters) => {
    const max = parameters.add(taggedMax, 'int');
    return {
      before: `tagged as materialized (${taggedSpecs(tags, parameters)} limit ${max} + 1), `,
      tables: ({ usesState }) =>
        usesState
          ? 'tagged p cross join lateral (select * from timer_state where timer_state.id = p.id limit 1) s'
          : 'tagged p',
      guard: `(select count(*) from tagged) <= ${max} and `,
      isCut: `(select count(*) from tagged) > ${max}`,
    };
  };
}

/** However many: for conditions on nothing but tags, where a timer costs half a µs. `offset 0` keeps the order that is asked for from the choice of the index. */
export function allTimersTagged(tags: readonly string[]): TimerSourceOf {
  return (parameters) => ({
    before: '',
    tables: () => `(${taggedSpecs(tags, parameters)} offset 0) p`,
    guard: '',
    isCut: 'false',
  });
}
