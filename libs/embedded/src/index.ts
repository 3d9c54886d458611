// A real Kafka and a real Postgres for `npm start` and the tests: fetched by Maven and npm, on 127.0.0.1, ended with
// whoever started them. Start at start-embedded.ts.
export { EmbeddedKafka } from './kafka.js';
export { freePort } from './port.js';
export { EmbeddedPostgres } from './postgres.js';
export { EmbeddedServerProblem, wayOut } from './problem.js';
export { type EmbeddedOptions, type EmbeddedServers, startEmbedded } from './start-embedded.js';
export { ports, versions } from './versions-and-ports.js';
