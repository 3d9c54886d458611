// Tasks as timers say them. Pure, so that the dashboard and the command line read what the service wrote by the same code.
export { type CronTask, cronTaskOf } from './cron-task-record.js';
export { type Task, type TaskResult, type TaskStatus, taskStatuses } from './task.js';
export { cronTag, defaultTaskNamespace, hasLabels, hookClassOf, isTask, taskOf } from './task-record.js';
export { resultText } from './task-timer.js';
