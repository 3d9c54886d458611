import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';

const refreshMs = 1_000;

/** Has what these queries answered read again, at most once a second however often it is called. */
export function useRefresh(...keys: readonly string[]): () => void {
  const client = useQueryClient();
  const pending = useRef<number | undefined>(undefined);
  const wanted = useRef(keys);
  wanted.current = keys;
  useEffect(
    () => () => {
      window.clearTimeout(pending.current);
      pending.current = undefined;
    },
    [],
  );
  return useCallback(() => {
    pending.current ??= window.setTimeout(() => {
      pending.current = undefined;
      for (const key of wanted.current) void client.invalidateQueries({ queryKey: [key] });
    }, refreshMs);
  }, [client]);
}
