import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SmallDisk } from './small-disk.js';

describe('a small disk', () => {
  it('is full when it is filled and has room when it is freed, or says why this machine has none', () => {
    const folder = join(process.cwd(), '.carillon', `disk-${process.pid}`);
    mkdirSync(folder, { recursive: true });
    const disk = new SmallDisk(folder, 4);
    const write = () => writeFileSync(join(folder, 'file'), Buffer.alloc(64 * 1024));
    try {
      write();
      if (disk.blocked !== null) {
        expect(disk.blocked).toContain('mount');
        return;
      }
      disk.fill();
      rmSync(join(folder, 'file'));
      expect(() => {
        write();
        writeFileSync(join(folder, 'other'), Buffer.alloc(1024 * 1024));
      }).toThrow('ENOSPC');
      disk.free();
      write();
    } finally {
      disk.remove();
    }
  });
});
