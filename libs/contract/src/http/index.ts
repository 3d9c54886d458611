// The HTTP surface: one zod schema for each request and answer. OpenAPI is generated from them.
export * from './bulk.js';
export * from './installation.js';
export { changeWire, outlookWire, whyWire } from './outlook.js';
export * from './problem.js';
export * from './queries.js';
export { timerRecordSchema } from './record.js';
export * from './requests.js';
export * from './schedule.js';
export * from './watch.js';
