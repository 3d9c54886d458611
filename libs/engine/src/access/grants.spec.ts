import { describe, expect, it } from 'vitest';
import { grantsMax, grantsOf, namespacesWith, parseGrant } from './grants.js';

describe('a grant', () => {
  it('is a namespace and a role', () => {
    expect(parseGrant('billing:operator')).toEqual(['billing', 'operator']);
    expect(parseGrant('*:reader')).toEqual(['*', 'reader']);
  });
  it.each([
    '',
    'billing',
    ':reader',
    'billing:root',
    'a b:reader',
    'bill*:reader',
    'a:b:reader',
    'x:reader\n',
  ])('is not %j', (text) => expect(parseGrant(text)).toBeNull());
});

describe('grants', () => {
  it('give what lower roles may as well, and nothing in other namespaces', () => {
    const grants = grantsOf(['billing:operator', 'reports:reader', 'offline_access']);
    expect(namespacesWith(grants, 'reader')).toEqual(['billing', 'reports']);
    expect(namespacesWith(grants, 'operator')).toEqual(['billing']);
    expect(namespacesWith(grants, 'admin')).toEqual([]);
  });
  it('of every namespace mean all of them, for that role and no higher', () => {
    const grants = grantsOf(['*:reader', 'billing:admin']);
    expect(namespacesWith(grants, 'reader')).toBe('all');
    expect(namespacesWith(grants, 'operator')).toEqual(['billing']);
  });
  it('of one namespace count by the highest, in whatever order they come', () => {
    for (const texts of [
      ['a:admin', 'a:reader'],
      ['a:reader', 'a:admin'],
    ])
      expect(namespacesWith(grantsOf(texts), 'admin')).toEqual(['a']);
  });
  it('are bounded', () => {
    const many = Array.from({ length: 2 * grantsMax }, (_, i) => `n${i}:reader`);
    expect(grantsOf(many).size).toBe(grantsMax);
  });
});
