import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

/** Which queries an event of `GET /api/events` makes stale. */
const TOUCHED: Readonly<Record<string, readonly string[]>> = {
  credential: ['tokens', 'overview'],
  config: ['config', 'providers', 'oauth-providers'],
  key: ['keys'],
};

/** Follows the server's events: what somebody else changes is seen without a reload. */
export function useLive(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const source = new EventSource('/api/events');
    for (const [name, touched] of Object.entries(TOUCHED)) {
      source.addEventListener(name, () => {
        for (const key of touched) void queries.invalidateQueries({ queryKey: [key] });
      });
    }
    return () => source.close();
  }, [queries]);
}
