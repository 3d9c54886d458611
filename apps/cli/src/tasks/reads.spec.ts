import { describe, expect, it } from 'vitest';
import type { Task } from '#tasks/model';
import { UsageError } from '../errors/exit-codes.js';
import { type ListFlags, wantedTasks } from './reads.js';

const flags: ListFlags = { namespace: 'tasks', limit: '10' };
const task = (parts: Partial<Task>): Task => ({ status: 'created', options: {}, ...parts }) as Task;

describe('which tasks are listed', () => {
  it('asks the API for the executor, and looks at the rest itself', () => {
    const { condition, isWanted } = wantedTasks({
      ...flags,
      executor: 'scan',
      status: ['running', 'created'],
      label: ['gpu=A100'],
    });
    expect(condition).toEqual({ namespace: 'tasks', hookClass: 'task.scan' });
    expect(isWanted(task({ options: { labels: { gpu: 'a100', zone: 'eu' } } }))).toBe(true);
    expect(isWanted(task({ options: { labels: { gpu: 'h100' } } }))).toBe(false);
    expect(isWanted(task({ status: 'completed', options: { labels: { gpu: 'a100' } } }))).toBe(false);
  });
  it('takes the children of one cron task', () => {
    const { isWanted } = wantedTasks({ ...flags, parent: 'tidy' });
    expect([isWanted(task({ parent: 'tidy' })), isWanted(task({}))]).toEqual([true, false]);
  });
  it('refuses a status and a label that make no sense', () => {
    expect(() => wantedTasks({ ...flags, status: ['open'] })).toThrow(UsageError);
    expect(() => wantedTasks({ ...flags, label: ['gpu'] })).toThrow(UsageError);
  });
});
