import fc from 'fast-check';
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

/** As Postgres writes it: up to six digits behind the point, without noughts at the end. */
const written = (epochMs: number, micros: number): string => {
  const [whole = '', millis = ''] = new Date(epochMs).toISOString().slice(0, -1).replace('T', ' ').split('.');
  const fraction = `${millis}${String(micros).padStart(3, '0')}`.replace(/0+$/, '');
  return `${whole}${fraction === '' ? '' : `.${fraction}`}+00`;
};

it('reads any moments, one after another, to the millisecond', () => {
  const near = fc.integer({ min: -300_000, max: 300_000 }).map((offset) => 1_795_672_439_406 + offset);
  const moment = fc.oneof(near, fc.integer({ min: Date.UTC(1000, 0), max: Date.UTC(9999, 11) }));
  fc.assert(
    fc.property(fc.array(fc.tuple(moment, fc.nat(999))), (given) => {
      expect(given.map(([epochMs, micros]) => read(written(epochMs, micros)))).toEqual(
        given.map(([epochMs]) => epochMs),
      );
    }),
  );
});
