// Files that the compiler leaves behind and the built code reads: SQL, and the build file of the embedded broker.
import { cpSync, globSync } from 'node:fs';

for (const file of globSync([
  'libs/*/sql/*.sql',
  'libs/*/migrations/*.sql',
  'libs/embedded/{pom.xml,guard.mjs,*.properties}',
])) {
  cpSync(file, `dist/${file}`);
}
