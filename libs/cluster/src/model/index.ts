// Jobs and mutexes as timers say them. Pure, so that the dashboard and the command line read what the library wrote by the same code.
export {
  type ClusterJob,
  type HeldLock,
  jobOf,
  jobTag,
  lockOf,
  mutexKeyPrefix,
  onceTag,
} from './cluster-record.js';
