import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const chunk = Buffer.alloc(1024 * 1024);

/** A file system of a few hundred megabytes that can be filled up: a tmpfs, where this machine lets us mount one. */
export class SmallDisk {
  /** Null: it is small. Otherwise why it is not, and the folder lies on the machine's own disk. */
  readonly blocked: string | null;

  constructor(
    readonly folder: string,
    sizeMb: number,
  ) {
    mkdirSync(folder, { recursive: true });
    this.blocked = mountProblem(folder, sizeMb);
  }

  /** Until there is no room for another byte. */
  fill(): void {
    const file = openSync(this.#ballast, 'w');
    try {
      for (;;) writeSync(file, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true });
  }

  remove(): void {
    if (this.blocked === null) execFileSync('umount', [this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #ballast(): string {
    return join(this.folder, 'ballast');
  }
}

function mountProblem(folder: string, sizeMb: number): string | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', folder], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return `mount -t tmpfs -o size=${sizeMb}m: ${error instanceof Error ? error.message.split('\n').at(-1) : error}`;
  }
}
