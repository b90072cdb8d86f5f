import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { call, query } from '../api/client.ts';
import type { Page } from '../api/types.ts';

const PAGES_REFETCHED = 2;

/** A paged list of the REST API, page after page as it is asked for. */
export function usePages<T>(
  name: string,
  path: string,
  filter: Readonly<Record<string, string | number | undefined>>,
  options: { limit?: number; refetchMs?: number } = {},
) {
  const result = useInfiniteQuery({
    queryKey: [name, filter],
    queryFn: ({ pageParam, signal }) =>
      call<Page<T>>('GET', path + query({ ...filter, limit: options.limit ?? 100, cursor: pageParam }), {
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    // every page is read again: not of a list that somebody scrolled far into
    refetchInterval: ({ state }) =>
      (state.data?.pages.length ?? 0) <= PAGES_REFETCHED && (options.refetchMs ?? false),
  });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = result;
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return { result, items: result.data?.pages.flatMap((page) => page.items), more: hasNextPage, loadMore };
}
