const hookedEvents = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK', 'beforeExit', 'exit', 'message'];

/** Loads a package that hooks the end of the process, and takes off again what it put there: when we end is ours to say. */
export async function withoutExitHooks<T>(load: () => Promise<T>): Promise<T> {
  const own = new Map(hookedEvents.map((event) => [event, process.rawListeners(event)]));
  const loaded = await load();
  for (const [event, kept] of own)
    for (const listener of process.rawListeners(event))
      if (!kept.includes(listener)) process.off(event, listener as () => void);
  return loaded;
}
