/**
 * How many live timers a namespace has. Only namespaces that somebody asked about are counted; from then on each transaction that makes,
 * ends, revives or deletes their timers changes the count with them.
 */
export interface NamespaceUsage {
  /** Counts these from now on; those that are counted already stay as they are. Any number of processes may call at once. */
  count(namespaces: readonly string[]): Promise<void>;
  /** Of every namespace that is counted. */
  read(): Promise<ReadonlyMap<string, number>>;
}
