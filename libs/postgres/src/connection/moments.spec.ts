import { expect, it } from 'vitest';
import { typeParser } from './hot-connection.js';

const read = typeParser(1184);

it.each([
  ['2026-01-02 03:04:05.678+00', '2026-01-02T03:04:05.678Z'],
  ['0001-01-01 00:00:00+00', '0001-01-01T00:00:00.000Z'],
  ['0001-06-01 00:00:00+00 BC', '0000-06-01T00:00:00.000Z'],
  ['0002-12-31 23:59:59.999+00 BC', '-000001-12-31T23:59:59.999Z'],
  ['10099-12-31 23:59:59.5+00', '+010099-12-31T23:59:59.500Z'],
  ['275660-09-13 00:00:00+00', '+275660-09-13T00:00:00.000Z'],
])('reads the moment %s as it was written', (text, iso) => {
  expect(read(text)).toBe(Date.parse(iso));
});
