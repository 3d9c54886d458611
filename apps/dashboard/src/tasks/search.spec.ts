import { describe, expect, it } from 'vitest';
import type { Task } from '#tasks/model';
import { addressOf, conditionOf, isWanted, searchOf } from './search.ts';

const search = (query: string) => searchOf(new URLSearchParams(query));
const task = (parts: Partial<Task>): Task => ({ status: 'running', options: {}, ...parts }) as Task;

describe('a search for tasks', () => {
  it('stands in the address, and comes back from it', () => {
    const asked = search('executor=scan&status=running&labels=gpu%3Da100');
    expect(search(addressOf(asked).split('?')[1] ?? '')).toEqual(asked);
    expect(addressOf(search(''))).toBe('#/tasks');
  });
  it('asks the server for what it can decide', () => {
    expect(conditionOf(search('executor=scan&status=running'))).toEqual({
      namespace: 'tasks',
      hookClass: 'task.scan',
      status: ['open'],
    });
    expect(conditionOf(search('namespace=work&parentId=p'))).toEqual({ namespace: 'work', parentId: 'p' });
  });
  it('decides the rest by the task itself', () => {
    const asked = search('status=running&labels=gpu%3Da100%2C+zone%3Deu');
    const labels = { gpu: 'A100', zone: 'eu', more: 'x' };
    expect(isWanted(task({ options: { labels } }), asked)).toBe(true);
    expect(isWanted(task({ options: { labels: { gpu: 'A100' } } }), asked)).toBe(false);
    expect(isWanted(task({ status: 'created', options: { labels } }), asked)).toBe(false);
  });
});
