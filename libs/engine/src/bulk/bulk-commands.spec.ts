import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { BulkId } from './bulk.js';
import { bulkCommandId } from './bulk-commands.js';

describe('the id of a bulk command', () => {
  const [bulk, timer] = [randomUUID() as BulkId, randomUUID() as never];
  it('is a UUIDv5 that bulk, timer and attempt decide', () => {
    const id = bulkCommandId(bulk, timer, 1);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(bulkCommandId(bulk, timer, 1)).toBe(id);
    const others = [bulkCommandId(bulk, timer, 2), bulkCommandId(randomUUID() as BulkId, timer, 1)];
    expect(new Set([id, ...others]).size).toBe(3);
  });
});
