import { Button, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { text } from '../text.ts';
import type { usePages } from './pages.ts';
import { DataTable } from './table.tsx';
import { Empty, Loaded } from './view.tsx';

interface Props<T> {
  readonly pages: ReturnType<typeof usePages<T>>;
  readonly label: string;
  readonly head: readonly ReactNode[];
  /** Said where there is nothing; not for lists that never are empty. */
  readonly empty?: string;
  readonly children: (item: T) => ReactNode;
}

/** A list of the REST API as a table; further pages come as they are asked for. */
export function PagedTable<T>({ pages, label, head, empty, children }: Props<T>) {
  const { result, items = [], more, loadMore } = pages;
  return (
    <Loaded from={result}>
      {() => (
        <Stack>
          {empty !== undefined && items.length === 0 ? (
            <Empty>{empty}</Empty>
          ) : (
            <DataTable label={label} head={head}>
              {items.map(children)}
            </DataTable>
          )}
          {more && (
            <Button variant="default" onClick={loadMore}>
              {text.actions.more}
            </Button>
          )}
        </Stack>
      )}
    </Loaded>
  );
}
