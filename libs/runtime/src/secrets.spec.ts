import { describe, expect, it } from 'vitest';
import { secretsOf, withoutSecrets } from './secrets.js';

const secrets = secretsOf({
  DATABASE_URL: 'postgresql://carillon:hush%40home@db.example:5432/carillon',
  DATABASE_URLS: 'postgresql://u:hush-first@a/c,postgresql://u:hush-second@b/c',
  KAFKA_SASL_PASSWORD: 'a "quoted" hush',
  CARILLON_TOKEN: 'hush-token',
  KAFKA_BROKERS: 'kafka:9092',
  SAME: 'postgresql://carillon:carillon@db/carillon',
});

describe('secrets of an environment', () => {
  it.each([
    'hush%40home',
    'hush@home',
    'hush-first',
    'hush-second',
    'hush-token',
    'a "quoted" hush',
    JSON.stringify({ a: 'a "quoted" hush' }),
    'a%20%22quoted%22%20hush',
  ])('are blotted out of a line as %s', (text) => {
    const line = withoutSecrets(`it said ${text} again: ${text}`, secrets);
    expect(line).toMatch(/\*\*\*.* again: .*\*\*\*/);
    expect(line).not.toContain('hush');
  });
  it('are no words of everyday: a password that is its own user hides nothing', () =>
    expect(withoutSecrets('carillon is up at kafka:9092', secrets)).toBe('carillon is up at kafka:9092'));
});
