import { declaredOf } from '#contract/declared-fields';
import type { Timer } from '../api/types.ts';

/** A command for a shell that makes the same timer again, elsewhere or under another key. */
export function curlOf(timer: Timer, origin: string): string {
  // a quote within single quotes of a shell: leave them, write it, enter them again
  const quoted = JSON.stringify(declaredOf(timer), null, 2).replaceAll("'", `'\\''`);
  return `curl -X POST ${origin}/v1/timers \\\n  -H 'content-type: application/json' \\\n  -d '${quoted}'`;
}

/** The same for a service in TypeScript. */
export const codeOf = (timer: Timer): string => `import { TimerClient } from 'carillon/client';

const timers = new TimerClient({
  kafka: { brokers: ['localhost:9092'], clientId: 'my-service', log: console },
});
await timers.connect();
await timers.createTimer(${objectText(declaredOf(timer))});
await timers.close();
`;

const plainName = /^[A-Za-z_$][\w$]*$/;

/** As a person writes it: names without quotes where they need none. */
function objectText(value: unknown, indent = ''): string {
  if (Array.isArray(value)) return `[${value.map((item) => objectText(item, indent)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const lines = Object.entries(value).map(
    ([name, part]) =>
      `${inner}${plainName.test(name) ? name : JSON.stringify(name)}: ${objectText(part, inner)},\n`,
  );
  return lines.length === 0 ? '{}' : `{\n${lines.join('')}${indent}}`;
}
