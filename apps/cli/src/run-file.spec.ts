import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { announce, runFileOf } from './connection.js';

describe('what run.json says', () => {
  it('names the brokers, the database and the API, as programs beside it read them', () => {
    expect(runFileOf('127.0.0.1:1', ['postgresql://a/x'], 'http://127.0.0.1:2')).toEqual({
      kafkaBrokers: '127.0.0.1:1',
      databaseUrl: 'postgresql://a/x',
      httpUrl: 'http://127.0.0.1:2',
    });
  });
  it('stands until the one who wrote it ends, whoever ends before', () => {
    const folder = mkdtempSync(join(tmpdir(), 'carillon-'));
    const file = join(folder, 'run.json');
    const withdrawFormer = announce(runFileOf('a', ['postgresql://a/x'], 'u'), file);
    const withdraw = announce(runFileOf('b', ['postgresql://b/x'], 'v'), file);
    withdrawFormer();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ kafkaBrokers: 'b' });
    withdraw();
    expect(existsSync(file)).toBe(false);
    withdraw();
    rmSync(folder, { recursive: true });
  });
  it('has all of several databases beside the first', () => {
    expect(runFileOf('b', ['postgresql://a/x', 'postgresql://a/y'], 'u')).toMatchObject({
      databaseUrl: 'postgresql://a/x',
      databaseUrls: ['postgresql://a/x', 'postgresql://a/y'],
    });
  });
});
