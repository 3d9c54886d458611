import { afterEach, expect, it } from 'vitest';
import { withoutExitHooks } from './exit-hooks.js';

const own = (): void => undefined;
const foreign = (): void => undefined;
afterEach(() => {
  for (const hook of [own, foreign]) process.off('SIGINT', hook);
});

it('a package that is loaded cannot end the process at a signal; who started us hears of it as before', async () => {
  process.on('SIGINT', own);
  const loaded = await withoutExitHooks(async () => {
    process.on('SIGINT', foreign);
    return 'the package';
  });
  expect(loaded).toBe('the package');
  expect(process.listeners('SIGINT')).toContain(own);
  expect(process.listeners('SIGINT')).not.toContain(foreign);
});
