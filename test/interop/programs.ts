import { join, resolve } from 'node:path';
import { type Build, built } from '../harness/builds.js';
import { pythonOwn, pythonPackages, pythonWith } from '../harness/python.js';

// The programs of examples/, each with its language's ordinary Kafka client and CloudEvents SDK.

const out = resolve('.carillon/interop');
const python = {
  home: join('examples', 'python'),
  packages: ['-r', join('examples', 'python', 'requirements.txt')],
};

const java: Build = {
  name: 'java-example',
  needs: 'Java and Maven',
  command: ['mvn', '-q', '-B', 'package', `-Dout=${out}/java`],
  cwd: join('examples', 'java'),
};
const go: Build = {
  name: 'go-example',
  needs: 'Go',
  command: ['go', 'build', '-o', `${out}/go`, '.'],
  cwd: join('examples', 'go'),
};

/** Brings the program's libraries, builds it, and answers the command that starts it. */
export const programs: Readonly<Record<string, () => Promise<readonly [string, ...string[]]>>> = {
  python: async () => [await pythonWith(...python.packages), join(python.home, 'timer.py')],
  java: async () => {
    await built(java);
    return ['java', '-cp', `${out}/java/*`, 'carillon.example.Timer'];
  },
  go: async () => {
    await built(go);
    return [`${out}/go`];
  },
};

/** The types of the messages, made anew. */
export const modelsAnew = join('.carillon', 'python-models', 'anew.py');
export const pythonModels: Build = {
  name: 'python-models',
  needs: 'Python 3 with its venv',
  command: [process.execPath, join('scripts', 'python-models.mjs'), modelsAnew],
};

/** All that is made here, the longest first. */
export const programBuilds: readonly Build[] = [
  go,
  java,
  pythonModels,
  pythonOwn,
  pythonPackages(...python.packages),
];
