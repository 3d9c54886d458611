import { isMainThread } from 'node:worker_threads';

// Loaded before the main of a process that `carillon up` starts, and of its threads. Whatever ends `up`, SIGKILL or a closed terminal too,
// closes the pipe that is our standard input: then we end as SIGTERM asks for.
if (isMainThread) {
  process.stdin.on('error', () => undefined);
  process.stdin.once('end', () => process.kill(process.pid, 'SIGTERM'));
  process.stdin.resume();
}
