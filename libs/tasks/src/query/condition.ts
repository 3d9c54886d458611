import type { Task, TaskStatus } from '../model/task.js';

// Conditions of a query: all must hold; of two on the same field the later one counts.

export const operators = ['EQ', 'GT', 'GE', 'LT', 'LE', 'IN', 'LIKE'] as const;
export type Operator = (typeof operators)[number];
export type Field = 'taskId' | 'id' | 'runner' | 'status' | 'epoch' | 'parent' | 'executor';

export interface FieldCondition {
  readonly field: Field;
  readonly operator: Operator;
  readonly value: string | number | readonly (string | number)[];
}
export type QueryPart =
  | FieldCondition
  | { readonly limit: number }
  | { readonly order: 'ascending' | 'descending' };

type One = string | number;
const on =
  <T extends One>(field: Field) =>
  (operator: Operator, value: T | readonly T[]): FieldCondition => ({ field, operator, value });

export const withTaskId = on<string>('taskId');
/** The caller's own id. */
export const withMetadataId = on<string>('id');
export const withRunner = on<string>('runner');
export const withStatus = (
  operator: Operator,
  value: TaskStatus | readonly TaskStatus[],
): FieldCondition => ({
  field: 'status',
  operator,
  value,
});
export const withEpoch = on<number>('epoch');
export const withParent = on<string>('parent');
export const withExecutor = on<One>('executor');
/** Applied to what the conditions leave. 0: no limit. */
export const withLimit = (limit: number): QueryPart => ({ limit });
/** Newest first. */
export const withTaskIdDescending = (): QueryPart => ({ order: 'descending' });

export interface TaskQuery {
  readonly conditions: ReadonlyMap<Field, FieldCondition>;
  readonly limit: number;
  readonly isDescending: boolean;
}

/** @throws RangeError for a limit or an operator that makes no sense */
export function taskQuery(parts: readonly QueryPart[]): TaskQuery {
  const conditions = new Map<Field, FieldCondition>();
  let [limit, isDescending] = [0, false];
  for (const part of parts) {
    if ('limit' in part) limit = part.limit;
    else if ('order' in part) isDescending = part.order === 'descending';
    else conditions.set(part.field, checked(part));
  }
  if (!Number.isInteger(limit) || limit < 0) throw new RangeError('a limit is a whole number; 0 means none');
  return { conditions, limit: limit === 0 ? Number.POSITIVE_INFINITY : limit, isDescending };
}

function checked(condition: FieldCondition): FieldCondition {
  const { operator, value, field } = condition;
  if (!operators.includes(operator)) throw new RangeError(`${operator} is none of ${operators.join(', ')}`);
  if ((operator === 'IN') !== Array.isArray(value))
    throw new RangeError(`${field}: IN takes a list, every other operator one value`);
  return condition;
}

export const matches = (task: Task, conditions: TaskQuery['conditions']): boolean =>
  [...conditions.values()].every((condition) => holds(fieldOf(task, condition.field), condition));

/** In the order of the codes that they had in the systems before. */
const statusRank: Readonly<Record<TaskStatus, number>> = {
  created: 0,
  running: 1,
  completed: 2,
  paused: 3,
  canceled: 5,
};
const isStatus = (value: unknown): value is TaskStatus =>
  typeof value === 'string' && Object.hasOwn(statusRank, value);

function fieldOf(task: Task, field: Field): One {
  if (field === 'status') return task.status;
  return task[field] ?? '';
}

function holds(actual: One, { field, operator, value }: FieldCondition): boolean {
  if (Array.isArray(value)) return value.some((one: One) => order(field, actual, one) === 0);
  const wanted = value as One;
  if (operator === 'LIKE') return like(String(wanted)).test(String(actual));
  const compared = order(field, actual, wanted);
  switch (operator) {
    case 'EQ':
      return compared === 0;
    case 'GT':
      return compared > 0;
    case 'GE':
      return compared >= 0;
    case 'LT':
      return compared < 0;
    default:
      return compared <= 0;
  }
}

/** Numbers as numbers, text by its characters. */
function order(field: Field, a: One, b: One): number {
  if (field === 'epoch') return Number(a) - Number(b);
  if (field === 'status' && isStatus(a) && isStatus(b)) return statusRank[a] - statusRank[b];
  const [left, right] = [String(a), String(b)];
  return left === right ? 0 : left < right ? -1 : 1;
}

/** `%` any text, `_` any one character, `\` takes the next one as it is; everything else stands for itself. */
function like(pattern: string): RegExp {
  let source = '';
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern[index] ?? '';
    if (character === '%') source += '[\\s\\S]*';
    else if (character === '_') source += '[\\s\\S]';
    else source += escaped(character === '\\' ? (pattern[++index] ?? '\\') : character);
  }
  return new RegExp(`^${source}$`, 'u');
}
const escaped = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
