import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Stats } from './ports.js';

/** The process: since when, how much memory, how often it collected garbage. */
export class SystemStats {
  readonly #startedAt = new Date();
  #collections = 0;
  readonly #observer = new PerformanceObserver((list) => {
    this.#collections += list.getEntries().length;
  });

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  stop(): void {
    this.#observer.disconnect();
  }

  read(): Stats {
    const { rss, heapUsed } = process.memoryUsage();
    const now = new Date();
    return {
      'futurama.sys.StartTime': this.#startedAt.toISOString(),
      'futurama.sys.UpTime': Math.floor((now.getTime() - this.#startedAt.getTime()) / 1_000),
      'futurama.sys.CollectedTime': now.toISOString(),
      // Node has no goroutines: what keeps the process busy stands in for them
      'futurama.sys.NumGoroutine': process.getActiveResourcesInfo().length,
      'futurama.sys.MemAlloc': rss,
      'futurama.sys.HeapAlloc': heapUsed,
      'futurama.sys.NextGC': getHeapStatistics().heap_size_limit,
      'futurama.sys.NumGC': this.#collections,
    };
  }
}
