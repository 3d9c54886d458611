import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { ApiUnreachableError, InvalidSpecError, TimerNotExistError } from '#client';
import { UsageError } from './exit-codes.js';
import { explain } from './explain.js';

describe('an error on the command line', () => {
  it('of a refusal has its code, the next step, and exit code 1', () =>
    expect(
      explain(new TimerNotExistError({ code: 'timer-not-exist', message: 'there is no a' })),
    ).toMatchObject({
      code: 'timer-not-exist',
      next: expect.stringContaining('timers list'),
      exitCode: 1,
    }));
  it('of a wrong field names the field', () => {
    const wrong = new InvalidSpecError({ code: 'invalid-spec', message: 'not a zone', field: 'timeZone' });
    expect(explain(wrong).message).toBe('not a zone (timeZone)');
  });
  it('of wrong words has exit code 2, and help has 0', () => {
    expect(explain(new UsageError('no')).exitCode).toBe(2);
    expect(explain(new CommanderError(1, 'commander.unknownOption', 'x')).exitCode).toBe(2);
    expect(explain(new CommanderError(0, 'commander.helpDisplayed', '')).exitCode).toBe(0);
  });
  it('of what does not answer has exit code 3 and names the doctor', () => {
    for (const error of [
      new ApiUnreachableError('http://x', null),
      Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
    ])
      expect(explain(error)).toMatchObject({ exitCode: 3, next: expect.stringContaining('doctor') });
  });
  it('of a database that is silent, cut off or full has exit code 3, and is no finding of verify', () => {
    for (const error of [
      new Error('timeout expired'),
      new Error('timeout exceeded when trying to connect'),
      new Error('Connection terminated unexpectedly'),
      Object.assign(new Error('sorry, too many clients already'), { code: '53300' }),
      new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) }),
      Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' }),
      Object.assign(new Error('read ETIMEDOUT'), { code: 'ETIMEDOUT', syscall: 'read' }),
    ])
      expect(explain(error).exitCode, error.message).toBe(3);
  });
  it('of a file that is not there, or is a folder, has exit code 2', () => {
    const read = (file: string): unknown => {
      try {
        return readFileSync(file);
      } catch (error) {
        return error;
      }
    };
    expect(explain(read('no such file'))).toMatchObject({ code: 'ENOENT', exitCode: 2 });
    expect(explain(read('.'))).toMatchObject({ code: 'EISDIR', exitCode: 2 });
    // the socket of a Postgres that does not run
    const socket = Object.assign(new Error('connect ENOENT'), { code: 'ENOENT', syscall: 'connect' });
    expect(explain(socket).exitCode).toBe(3);
  });
  it('of several addresses tells each', () =>
    expect(
      explain(new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')])).message,
    ).toBe('::1 refused; 127.0.0.1 refused'));
});
