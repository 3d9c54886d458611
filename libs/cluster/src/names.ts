import { createHash } from 'node:crypto';
import { jobKeyPrefix, mutexKeyPrefix, onceKeyPrefix } from './model/cluster-record.js';

// Jobs, once-jobs and mutexes have names of their own: one of each may be called the same.

/** Characters that a prefix leaves of a timer's key. */
export const keyMax = 240;

export class InvalidKeyError extends RangeError {
  readonly code = 'cluster/invalid-key';
  constructor(what: string) {
    super(`must specify valid ${what} key: 1 to ${keyMax} characters`);
    this.name = 'InvalidKeyError';
  }
}

const named = (what: string, prefix: string) => (key: string) => {
  if (key.length === 0 || [...key].length > keyMax) throw new InvalidKeyError(what);
  return `${prefix}${key}`;
};

export const jobKey = named('job', jobKeyPrefix);
export const onceKey = named('job', onceKeyPrefix);
export const mutexKey = named('mutex', mutexKeyPrefix);

/** A hook class, and so a topic, for each job: its events go to those replicas alone that run it. */
export function jobClass(key: string): string {
  const readable = key.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 40);
  return `job.${readable}.${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
}

export const onceClass = (application: string): string => `once.${application}`;
