// Stands between a server and whoever started it: when our standard input ends, the server ends. Plain JavaScript, since
// it runs beside the sources and beside the build alike.
import { spawn } from 'node:child_process';

const { file, args, cwd, stopSignal, uid, gid } = JSON.parse(process.argv[2]);
const killAfterMs = 12_000;

// a terminal's Ctrl-C goes to every process of its group; the server is to end when its owner says so
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

const server = spawn(file, args, { cwd, uid, gid, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
server.once('error', (error) => {
  process.stdout.write(`${JSON.stringify({ error: error.message })}\n`);
  process.exit(1);
});
server.once('spawn', () => process.stdout.write(`${JSON.stringify({ pid: server.pid })}\n`));
server.stdout.on('data', (chunk) => process.stdout.write(chunk));
server.stderr.on('data', (chunk) => process.stdout.write(chunk));
server.once('exit', (code) => process.exit(code ?? 1));
process.stdout.on('error', () => {});

process.stdin.on('end', () => {
  server.kill(stopSignal);
  setTimeout(() => server.kill('SIGKILL'), killAfterMs);
});
process.stdin.on('error', () => {});
process.stdin.resume();
