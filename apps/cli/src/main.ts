#!/usr/bin/env node
import { CommanderError } from 'commander';
import { explain } from './errors/explain.js';
import { note, paint } from './output/out.js';
import { harmless } from './output/table.js';
import { carillon } from './program.js';

// `carillon timers list | head`, or a closed terminal: whoever reads has gone. A command that has to put something away first listens to
// SIGPIPE. Of the others what was done counts, and what is cut short ends as SIGPIPE ends it elsewhere.
const cutShortCode = 141;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  if (!process.emit('SIGPIPE')) process.exit(process.exitCode ?? cutShortCode);
});

try {
  await carillon().parseAsync();
} catch (error) {
  const { code, message, next, exitCode } = explain(error);
  process.exitCode = exitCode;
  // commander has said its own
  if (!(error instanceof CommanderError)) {
    const lines = message.split('\n').map(harmless).join('\n');
    note(`${paint('red', 'error')} [${code}]: ${lines}`);
    if (next !== undefined) note(`  ${next}`);
  }
}
