import { parseDuration } from '#timer';
import type { Resource, TaskOptions } from './task.js';

// Anybody may write a task's options, by any client. What makes no sense is passed over, so that one task holds up no others.
// By hand, not by a schema: a browser reads tasks by this too, and its page evaluates no code that is made as it runs.

export function optionsOf(given: unknown): TaskOptions {
  const { maxRetryTimes, retryInterval, delay, labels, resource, heartbeatTimeout, retention } =
    fieldsOf(given);
  return withoutAbsent<TaskOptions>({
    maxRetryTimes: amount(maxRetryTimes),
    retryInterval: duration(retryInterval),
    delay: duration(delay),
    labels: labelsOf(labels),
    resource: resourceOf(resource),
    heartbeatTimeout: duration(heartbeatTimeout),
    retention: duration(retention),
  });
}

type Fields = Readonly<Record<string, unknown>>;
/** What is no object has none. */
const fieldsOf = (given: unknown): Fields =>
  typeof given === 'object' && given !== null && !Array.isArray(given) ? (given as Fields) : {};

type Read<T> = { readonly [Name in keyof Required<T>]: T[Name] | undefined };
const withoutAbsent = <T extends object>(read: Read<T>): T =>
  Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined)) as T;

/** A number written as a text is one. */
function amount(given: unknown): number | undefined {
  const value = typeof given === 'string' ? Number(given) : given;
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

const duration = (given: unknown): string | undefined =>
  typeof given === 'string' && parseDuration(given).ok ? given : undefined;

/** A value that is no text is taken as its JSON text: dropped, it would let the task run where it was not meant to. */
function labelsOf(given: unknown): Readonly<Record<string, string>> | undefined {
  const labels = Object.entries(fieldsOf(given)).filter(([, value]) => value !== null);
  return labels.length === 0
    ? undefined
    : Object.fromEntries(
        labels.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
      );
}

function resourceOf(given: unknown): Resource | undefined {
  const { cpu, memory } = fieldsOf(given);
  const resource = withoutAbsent<Resource>({ cpu: amount(cpu), memory: amount(memory) });
  return Object.keys(resource).length === 0 ? undefined : resource;
}
