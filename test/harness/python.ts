import { join } from 'node:path';
import { type Build, built } from './builds.js';

/** A virtual environment of the project's own. */
const venv = join(process.cwd(), '.carillon', 'python');
const python = join(venv, 'bin', 'python');

export const pythonOwn: Build = {
  name: 'python',
  needs: 'Python 3 with its venv',
  // it gets its interpreter first and this last
  makes: join(venv, 'bin', 'pip3'),
  command: ['python3', '-m', 'venv', venv],
};

/** @param wanted as pip takes it */
export const pythonPackages = (...wanted: string[]): Build => ({
  name: 'python-packages',
  needs: 'the packages of PyPI',
  command: [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...wanted],
});

/** Answers the interpreter, with those packages. */
export async function pythonWith(...wanted: string[]): Promise<string> {
  await built(pythonOwn);
  if (wanted.length > 0) await built(pythonPackages(...wanted));
  return python;
}
