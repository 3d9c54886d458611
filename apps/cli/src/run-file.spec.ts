import { describe, expect, it } from 'vitest';
import { runFileOf } from './connection.js';

describe('what run.json says', () => {
  it('names the brokers, the database and the API, as programs beside it read them', () => {
    expect(runFileOf('127.0.0.1:1', ['postgresql://a/x'], 'http://127.0.0.1:2')).toEqual({
      kafkaBrokers: '127.0.0.1:1',
      databaseUrl: 'postgresql://a/x',
      httpUrl: 'http://127.0.0.1:2',
    });
  });
  it('has all of several databases beside the first', () => {
    expect(runFileOf('b', ['postgresql://a/x', 'postgresql://a/y'], 'u')).toMatchObject({
      databaseUrl: 'postgresql://a/x',
      databaseUrls: ['postgresql://a/x', 'postgresql://a/y'],
    });
  });
});
