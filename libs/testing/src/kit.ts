// What users test their hooks and their timers with; part of the published package. Everything else of this lib tests
// Carillon itself.
export { InMemoryTimers, type InMemoryTimersOptions } from './client/in-memory-timers.js';
export { ManualClock } from './clock/manual-clock.js';
