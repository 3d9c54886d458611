import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import type { Timer } from '../api/types.ts';
import { codeOf, curlOf } from './copies.ts';

const timer = {
  id: 'x',
  namespace: 'default',
  key: "o'k",
  version: 7,
  schedPolicyType: 'CRON',
  schedPolicyExpr: '0 9 * * *',
  data: '{"a":"it\'s \\"b\\""}',
  dst: { gap: 'skip', overlap: 'both' },
  tags: ['a', 'b'],
  fires: 3,
} as unknown as Timer;
const declared = {
  namespace: 'default',
  key: "o'k",
  schedPolicyType: 'CRON',
  schedPolicyExpr: '0 9 * * *',
  data: '{"a":"it\'s \\"b\\""}',
  dst: { gap: 'skip', overlap: 'both' },
  tags: ['a', 'b'],
};

it('the curl of a timer is what a shell takes for its fields, quotes and all', () => {
  const said = curlOf(timer, 'http://x').replace(/^curl .*\\\n.*\\\n {2}-d /, 'printf %s ');
  const { stdout } = spawnSync('sh', ['-c', said], { encoding: 'utf8' });
  expect(JSON.parse(stdout)).toEqual(declared);
});
it('the code of a timer is what JavaScript takes for its fields', () => {
  const object = /createTimer\(([\s\S]*)\);\nawait/.exec(codeOf(timer))?.[1] ?? '';
  expect(new Function(`return ${object}`)()).toEqual(declared);
});
