import type { NamespaceUsage } from '#engine';
import { isLive } from '#timer';
import type { Tables } from './tables.js';

export class InMemoryNamespaceUsage implements NamespaceUsage {
  constructor(private readonly tables: Tables) {}

  count(namespaces: readonly string[]): Promise<void> {
    for (const namespace of namespaces) {
      if (this.tables.usage.has(namespace)) continue;
      const states = [...this.tables.states.values()].map(({ state }) => state);
      const live = states.filter((state) => state.spec.namespace === namespace && isLive(state));
      this.tables.usage.set(namespace, live.length);
    }
    return Promise.resolve();
  }

  read(): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(new Map(this.tables.usage));
  }
}
