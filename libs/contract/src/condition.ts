import { z } from 'zod';
import {
  conditionDepthMax,
  conditionPartsMax,
  type TimerCondition,
  type TimerId,
  type TimerStatus,
} from '#timer';
import { moment, momentText, uuid } from './fields.js';

export const timerStatuses = [
  'waiting',
  'asking',
  'open',
  'paused',
  'disabled',
  'faulted',
  'ended',
] as const satisfies readonly TimerStatus[];

const textMax = 256;
const tagsMax = 64;

const timerId = uuid.transform((text) => text as TimerId);

/** Which timers, as JSON. Every part that is there must hold; what is unknown is refused, not passed over. */
const part = z
  .strictObject({
    id: timerId.exactOptional(),
    namespace: z.string().max(textMax).exactOptional(),
    key: z.string().max(textMax).exactOptional(),
    keyPrefix: z.string().max(textMax).describe('plain text: _ and % stand for themselves').exactOptional(),
    tags: z
      .array(z.string().max(textMax))
      .max(tagsMax)
      .describe('the timer has all of these')
      .exactOptional(),
    parentId: timerId.describe('the timer was spawned by this one').exactOptional(),
    hookClass: z.string().max(textMax).exactOptional(),
    status: z
      .array(z.enum(timerStatuses))
      .max(timerStatuses.length)
      .describe('the timer stands at one of these')
      .exactOptional(),
    enable: z.boolean().exactOptional(),
    givenUp: z
      .boolean()
      .describe('the last event was given up and not redriven since; false: that is not so')
      .exactOptional(),
    dueFrom: moment.describe('nextFireTime lies at this moment or after it').exactOptional(),
    dueBefore: moment.describe('nextFireTime lies before this moment').exactOptional(),
    get and() {
      return z.array(part).describe('each of these; none: true').exactOptional();
    },
    get or() {
      return z.array(part).describe('one of these at least; none: false').exactOptional();
    },
    get not() {
      return part.exactOptional();
    },
  })
  .meta({ id: 'TimerCondition' });

/**
 * A condition from the wire, as `TimerCondition`. Its depth and size are looked at first, by a walk that cannot
 * overflow: a condition that is too deep is refused with a reason, whatever its size.
 */
export const timerCondition = z.preprocess((given, context) => {
  const problem = sizeProblem(given);
  if (problem === null) return given;
  context.addIssue({ code: 'custom', message: problem, input: given });
  return z.NEVER;
}, part) satisfies z.ZodType<TimerCondition>;

/** What a client writes: moments are RFC 3339. */
export interface TimerConditionWire
  extends Omit<TimerCondition, 'id' | 'parentId' | 'dueFrom' | 'dueBefore' | 'and' | 'or' | 'not'> {
  readonly id?: string;
  readonly parentId?: string;
  readonly dueFrom?: string;
  readonly dueBefore?: string;
  readonly and?: readonly TimerConditionWire[];
  readonly or?: readonly TimerConditionWire[];
  readonly not?: TimerConditionWire;
}

export type ParsedCondition =
  | { readonly ok: true; readonly condition: TimerCondition }
  /** `field` is the path to it, for example `or.0.dueFrom`; empty: the condition itself. */
  | { readonly ok: false; readonly field: string; readonly message: string };

/** Reads a condition that stands alone, as in a query parameter; the first fault is told. */
export function parseCondition(json: unknown): ParsedCondition {
  const read = timerCondition.safeParse(json);
  if (read.success) return { ok: true, condition: read.data };
  const issue = read.error.issues[0];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  return {
    ok: false,
    field: [...(issue?.path ?? []), ...unknown].join('.'),
    message:
      unknown.length > 0
        ? `a condition has no field of this name; there are ${Object.keys(part.shape).join(', ')}`
        : (issue?.message ?? 'not a condition'),
  };
}

/** The other way, for a client and for a page that shows a stored condition. */
export function conditionWire(condition: TimerCondition): TimerConditionWire {
  const { dueFrom, dueBefore, and, or, not, ...same } = condition;
  return {
    ...same,
    ...(dueFrom !== undefined && { dueFrom: momentText(dueFrom) }),
    ...(dueBefore !== undefined && { dueBefore: momentText(dueBefore) }),
    ...(and !== undefined && { and: and.map(conditionWire) }),
    ...(or !== undefined && { or: or.map(conditionWire) }),
    ...(not !== undefined && { not: conditionWire(not) }),
  };
}

/** Level by level, without recursion; stops as soon as one of the two bounds is passed. */
function sizeProblem(given: unknown): string | null {
  let level = [given];
  let count = 0;
  for (let depth = 1; level.length > 0; depth += 1) {
    count += level.length;
    if (depth > conditionDepthMax)
      return `conditions may lie ${conditionDepthMax} deep in each other, no deeper`;
    if (count > conditionPartsMax) return `one condition may be made of ${conditionPartsMax}, no more`;
    level = level.flatMap(childrenOf);
  }
  return null;
}

function childrenOf(given: unknown): unknown[] {
  if (typeof given !== 'object' || given === null) return [];
  const { and, or, not } = given as { and?: unknown; or?: unknown; not?: unknown };
  const lists: unknown[] = [and, or].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  return not === undefined ? lists : [...lists, not];
}
