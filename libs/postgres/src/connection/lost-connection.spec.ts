import { describe, expect, it } from 'vitest';
import { isLostConnection } from '#postgres';

const coded = (code: string) => Object.assign(new Error('told by Postgres or the network'), { code });

describe('a connection to Postgres is lost', () => {
  it('by the code of the network or of Postgres', () => {
    for (const code of ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', '08006', '53300', '57014', '57P01'])
      expect(isLostConnection(coded(code)), code).toBe(true);
    expect(isLostConnection(new AggregateError([coded('ECONNREFUSED')]))).toBe(true);
  });
  it('by the words of the driver and of its pool, which give no code', () => {
    for (const message of [
      'timeout expired',
      'timeout exceeded when trying to connect',
      'Query read timeout',
      'Connection terminated unexpectedly',
      'Connection terminated due to connection timeout',
    ])
      expect(isLostConnection(new Error(message)), message).toBe(true);
  });
  it('not where the query is at fault, or something else is', () => {
    for (const error of [
      coded('23505'),
      coded('42P01'),
      coded('ENOENT'),
      new Error('timeout of the hook'),
      'x',
    ])
      expect(isLostConnection(error)).toBe(false);
  });
});
