import { isAsDeclared } from '#contract/declared-fields';
import type { Ask } from '../api/http.ts';
import type { Timer } from '../api/types.ts';

/** Each fire between the opening of the page and Save is a version more. */
const triesMax = 3;

/**
 * Saves what was changed of a timer. One that has fired meanwhile is another version, and still the one that was looked at: only what
 * somebody has changed is refused.
 * @param ask of this timer
 * @throws what `ask` throws
 */
export async function saveChange(
  before: Timer,
  set: unknown,
  ask: (asked: Ask) => Promise<Timer>,
): Promise<Timer> {
  let { version } = before;
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask({ method: 'PATCH', body: set, version });
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      if (code !== 'version-not-match' || tries === triesMax) throw error;
      const now = await ask({});
      if (!isAsDeclared(before, now)) throw error;
      version = now.version;
    }
  }
}
