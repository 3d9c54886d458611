import { createHash } from 'node:crypto';
import { jobKeyPrefix, mutexKeyPrefix, onceKeyPrefix } from './model/cluster-record.js';

// Jobs, once-jobs and mutexes have names of their own: one of each may be called the same.

/** Characters that a prefix leaves of a timer's key; fewer beside an application's name of more than ten. */
export const keyMax = 240;
const timerKeyMax = 256;

export class InvalidKeyError extends RangeError {
  readonly code = 'cluster/invalid-key';
  constructor(what: string, charactersMax = keyMax) {
    super(`must specify valid ${what} key: 1 to ${charactersMax} characters`);
    this.name = 'InvalidKeyError';
  }
}

const named = (what: string, prefix: string) => (key: string) => {
  const charactersMax = Math.min(keyMax, timerKeyMax - prefix.length);
  if (key.length === 0 || [...key].length > charactersMax) throw new InvalidKeyError(what, charactersMax);
  return `${prefix}${key}`;
};

export const jobKey = named('job', jobKeyPrefix);
export const mutexKey = named('mutex', mutexKeyPrefix);

/** A hook class, and so a topic, for each job: its events go to those replicas alone that run it. */
export function jobClass(key: string): string {
  const readable = key.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 40);
  return `job.${readable}.${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
}

/** So begin the keys of all once-jobs' timers. */
export const onceKeysBegin = 'once';
export const defaultApplication = 'default';
export const onceClass = (application: string): string => `once.${application}`;

/** Applications name their once-jobs for themselves. No application has a slash in its name, which is part of a hook class. */
export const onceKey = (application: string): ((key: string) => string) =>
  named('job', application === defaultApplication ? onceKeyPrefix : `${onceClass(application)}/`);
