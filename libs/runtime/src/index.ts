// What every process needs and no timer knows: configuration, logs, time, life-cycle. Imports nothing of ours.
export { givenVariables, InvalidConfiguration, loadConfig } from './config.js';
export { healthServer, type Readiness } from './health.js';
export { createLogger, type Logger, nestLog } from './logger.js';
export {
  boundedLabel,
  type Metrics,
  openMetrics,
  readGauge,
  secondsHistogram,
  sizeHistogram,
} from './metrics.js';
export { httpVariables, partitionsVariable, processVariables } from './process-variables.js';
export { randomBytesPooled } from './random-ids.js';
export { runProcess } from './run-process.js';
export { every, loopService, type Service, ServiceGroup, stopOnSignals, together } from './service.js';
export { sleep, systemClock } from './sleep.js';
export { isTracing, startTracing } from './tracing.js';
