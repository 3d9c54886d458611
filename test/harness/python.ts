import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A virtual environment of the project's own, made once. Answers its interpreter. */
export function pythonOfOurOwn(): string {
  const venv = join(process.cwd(), '.carillon', 'python');
  const python = join(venv, 'bin', 'python');
  if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
  return python;
}
