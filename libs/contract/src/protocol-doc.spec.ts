import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandSchemas, errorCodes } from '#contract';
import { rejectionCodes } from '#timer';

// however wide the columns of its tables are
const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8').replaceAll(
  / +/g,
  ' ',
);
const eventTypes = [
  ...readFileSync(new URL('../../timer/src/event.ts', import.meta.url), 'utf8').matchAll(
    /readonly type: '(\w+)'/g,
  ),
].map(([, type]) => type ?? '');

describe('docs/protocol.md', () => {
  it.each(Object.keys(commandSchemas))('lists the command %s', (type) => {
    expect(page).toContain(`| \`${type}\` |`);
  });
  it.each(eventTypes)('lists the event %s', (type) => {
    expect(page).toContain(`\`${type}\``);
  });
  it.each(rejectionCodes)('explains the code %s as the code does', (code) => {
    const { means, doNext } = errorCodes[code];
    expect(page).toContain(`| \`${code}\` | ${means} | ${doNext} |`);
  });
  it('knows more than twenty events', () => {
    expect(new Set(eventTypes).size).toBeGreaterThan(20);
  });
});
