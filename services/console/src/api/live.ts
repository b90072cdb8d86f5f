import { useQueryClient, type InfiniteData, type QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { call } from './client.ts';
import { isRefusal } from './problem.ts';
import type { Page, Token } from './types.ts';

/** Which queries an event of `GET /api/events` makes stale. */
const TOUCHED: Readonly<Record<string, readonly string[]>> = {
  config: ['config', 'providers', 'oauth-providers'],
  key: ['keys'],
};
/** Refreshes of a large organisation come many a second: they are taken together. */
const TOGETHER_MS = 1_000;
/** So many credentials are read one by one; of more the lists are read again. */
const ONE_BY_ONE = 10;

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
    const changed = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    source.addEventListener('credential', ({ data }: MessageEvent<string>) => {
      changed.add(data);
      timer ??= setTimeout(() => {
        timer = undefined;
        const ids = [...changed];
        changed.clear();
        void takeIn(queries, ids);
      }, TOGETHER_MS);
    });
    return () => {
      source.close();
      clearTimeout(timer);
    };
  }, [queries]);
}

type TokenList = InfiniteData<Page<Token>, string | undefined>;
/** Lists that one scrolls through have their filter in their key; reading all their pages again is much. */
const isList = ({ queryKey: [name, filter] }: { queryKey: readonly unknown[] }): boolean =>
  name === 'tokens' && typeof filter === 'object';

async function takeIn(queries: QueryClient, ids: readonly string[]): Promise<void> {
  void queries.invalidateQueries({ queryKey: ['overview'] });
  void queries.invalidateQueries({ queryKey: ['tokens'], predicate: (one) => !isList(one) });
  const shown = new Set(
    queries
      .getQueriesData<TokenList>({ queryKey: ['tokens'], predicate: isList })
      .flatMap(([, list]) => list?.pages ?? [])
      .flatMap(({ items }) => items.map(({ credential }) => credential)),
  );
  const again = () => queries.invalidateQueries({ queryKey: ['tokens'], predicate: isList });
  if (ids.length > ONE_BY_ONE || ids.some((id) => !shown.has(id))) return again();
  try {
    const states = await Promise.all(ids.map(async (id) => [id, await stateOf(id)] as const));
    const news = new Map(states);
    queries.setQueriesData<TokenList>({ queryKey: ['tokens'], predicate: isList }, (list) => {
      if (list === undefined) return undefined;
      const pages = list.pages.map((page) => ({
        ...page,
        items: page.items.flatMap((token) =>
          news.has(token.credential) ? (news.get(token.credential) ?? []) : token,
        ),
      }));
      return { ...list, pages };
    });
  } catch {
    await again();
  }
}

/** Undefined for one that is gone. */
async function stateOf(id: string): Promise<Token | undefined> {
  try {
    return await call<Token>('GET', `/api/oauth/tokens/${encodeURIComponent(id)}`);
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}
