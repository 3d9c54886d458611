// Types of commands, due events, dead letters and replies for Python, from their JSON Schemas. Writes examples/python/carillon_messages.py, or
// the file that is named.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandSchemas, messageJsonSchema } from '../dist/libs/contract/src/index.js';

const generator = 'datamodel-code-generator==0.89.0';
const out = process.argv[2] ?? join('examples', 'python', 'carillon_messages.py');

const names = [...Object.keys(commandSchemas), 'DueEvent', 'DeadEvent', 'Reply'];
const properties = Object.fromEntries(names.map((name) => [name, messageJsonSchema(name, 'draft-7')]));
const folder = join('.carillon', 'python-models');
mkdirSync(folder, { recursive: true });
const schema = join(folder, 'messages.json');
writeFileSync(schema, JSON.stringify({ title: 'Messages', type: 'object', properties }));

const venv = join(folder, 'venv');
if (!existsSync(venv)) execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
const quiet = { stdio: ['ignore', 'ignore', 'inherit'] };
execFileSync(join(venv, 'bin', 'pip'), ['install', '-q', '--disable-pip-version-check', generator], quiet);
execFileSync(
  join(venv, 'bin', 'datamodel-codegen'),
  [
    ...['--input', schema, '--input-file-type', 'jsonschema', '--output', out],
    ...['--output-model-type', 'typing.TypedDict', '--target-python-version', '3.11'],
    ...['--use-title-as-name', '--disable-timestamp', '--disable-warnings'],
    '--custom-file-header',
    '# Generated from the JSON Schemas of the messages; `npm run python:models` makes it anew.',
  ],
  quiet,
);
