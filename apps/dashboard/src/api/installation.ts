import { useQuery } from '@tanstack/react-query';
import { ask } from './http.ts';
import type { Installation } from './types.ts';

const askMs = 5_000;

/** How the whole of it fares. Refused (403) to those who may not see every namespace. */
export const useInstallation = () =>
  useQuery({
    queryKey: ['installation'],
    queryFn: ({ signal }) => ask<Installation>('/v1/installation', { signal }),
    refetchInterval: askMs,
  });
