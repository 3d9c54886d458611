import { expect, it } from 'vitest';
import { parseReply } from './index.js';

const timer = { id: 'a', version: 1, tags: ['b'] };

it('reads an answer with all that it tells of the timer', () => {
  expect(parseReply(JSON.stringify({ ok: true, timer }))).toEqual({ ok: true, timer });
});

it('refuses what is no answer of ours', () => {
  const strange = [
    null,
    'yes',
    {},
    { ok: true },
    { ok: true, timer: null },
    { ok: true, timer: { ...timer, id: 1 } },
    { ok: true, timer: { id: 'a' } },
    { ok: 'true', timer },
    { ok: false, timer },
  ];
  for (const one of strange) expect(() => parseReply(JSON.stringify(one))).toThrow();
});
