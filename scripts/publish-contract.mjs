// Records the schemas of all messages as published, when a version is released. From then on they may only grow:
// libs/contract/src/published.spec.ts holds them to it.
import { readFileSync, writeFileSync } from 'node:fs';
import { messageJsonSchema, messageSchemas } from '../dist/libs/contract/src/index.js';
import { breakingChanges } from '../dist/libs/contract/src/schema-changes.js';

const file = 'libs/contract/samples/published-v1.json';
const published = JSON.parse(readFileSync(file, 'utf8'));
const broken = Object.entries(published).flatMap(([name, schema]) =>
  breakingChanges(schema, messageJsonSchema(name) ?? {}, messageSchemas.get(name)?.direction ?? 'out').map(
    (change) => `${name}: ${change}`,
  ),
);
if (broken.length > 0) {
  process.stderr.write(`a published version never changes:\n  ${broken.join('\n  ')}\n`);
  process.exit(1);
}
const present = Object.fromEntries([...messageSchemas.keys()].map((name) => [name, messageJsonSchema(name)]));
writeFileSync(file, `${JSON.stringify(present, null, 2)}\n`);
process.stdout.write(`${Object.keys(present).length} messages recorded in ${file}\n`);
