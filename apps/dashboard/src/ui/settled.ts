import { useEffect, useState } from 'react';

const typingMs = 250;

/** What was typed, once the typing pauses. */
export function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const waiting = window.setTimeout(() => setSettled(value), typingMs);
    return () => window.clearTimeout(waiting);
  }, [value]);
  return settled;
}
