import { describe, expect, it } from 'vitest';
import { InvalidStateError, NotReadyError } from './errors.js';
import { MemoryTimers } from './spec-dsl.js';
import { TaskService } from './task-service.js';
import { TaskServiceHolder } from './task-service-holder.js';

const credentials = { user: 'u', password: 'p' };
function setUp() {
  const counts = { made: 0, closed: 0 };
  let begin: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const holder = new TaskServiceHolder(async () => {
    await gate;
    counts.made += 1;
    return {
      service: new TaskService(new MemoryTimers()),
      close: async () => {
        counts.closed += 1;
      },
    };
  });
  return { counts, begin, holder };
}

describe('the holder of a task service', () => {
  it('has none before it is created, and none after it is closed', async () => {
    const { holder, begin } = setUp();
    begin();
    expect(holder.get()).toBeUndefined();
    await holder.create(credentials);
    expect(holder.get()).toBeInstanceOf(TaskService);
    await holder.close();
    expect(holder.get()).toBeUndefined();
  });
  it('wants credentials', async () => {
    const { holder } = setUp();
    for (const given of [
      { ...credentials, user: '' },
      { ...credentials, password: '' },
    ])
      await expect(holder.create(given)).rejects.toThrow(InvalidStateError);
    await expect(holder.create({ user: '', password: '' })).rejects.toThrow('empty task user and passwd');
  });
  it('makes one service, however often it is asked', async () => {
    const { holder, begin, counts } = setUp();
    begin();
    await Promise.all([holder.create(credentials), holder.create(credentials)]);
    await holder.create({ user: 'another', password: 'p' });
    expect(counts.made).toBe(1);
  });
  it('makes none once it is closed', async () => {
    const { holder } = setUp();
    await holder.close();
    await holder.close();
    await expect(holder.create(credentials)).rejects.toThrow(NotReadyError);
    await expect(holder.create(credentials)).rejects.toThrow('the holder was closed: make another one');
  });
  it('leaves no service open when it is closed while one is made', async () => {
    const { holder, begin, counts } = setUp();
    const creating = holder.create(credentials);
    const closing = holder.close();
    begin();
    await expect(creating).rejects.toThrow(NotReadyError);
    await closing;
    expect(counts).toEqual({ made: 1, closed: 1 });
    expect(holder.get()).toBeUndefined();
  });
  it('may be asked again after a failure', async () => {
    let tries = 0;
    const holder = new TaskServiceHolder(async () => {
      tries += 1;
      if (tries === 1) throw new Error('no broker');
      return { service: new TaskService(new MemoryTimers()), close: async () => undefined };
    });
    await expect(holder.create(credentials)).rejects.toThrow('no broker');
    await holder.create(credentials);
    expect(holder.get()).toBeInstanceOf(TaskService);
  });
});
