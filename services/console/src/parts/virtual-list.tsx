import { Box, Loader } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useRef, type ReactNode } from 'react';
import { text } from '../text.ts';

interface Props<T> {
  readonly label: string;
  /** names of the columns; the rows say the same to those who do not see them */
  readonly columns: readonly string[];
  /** the class that lays out the head as the rows are */
  readonly layout: string;
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  readonly rowHeight: number;
  readonly more: boolean;
  readonly loadMore: () => void;
  /** the same function at each render: rows that stay in sight are not made again */
  readonly children: (item: T) => ReactNode;
}

/** A list as long as it likes: only what is in sight is in the page, and more is fetched as the end nears. */
export function VirtualList<T>({
  label,
  columns,
  layout,
  items,
  keyOf,
  rowHeight,
  more,
  loadMore,
  children,
}: Props<T>) {
  const frame = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 6,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= items.length - 20) loadMore();
  }, [more, last, items.length, loadMore]);
  return (
    <>
      <div className={`row row-head ${layout}`}>
        {columns.map((name) => (
          <span key={name}>{name}</span>
        ))}
      </div>
      <Box ref={frame} mah="65vh" style={{ overflow: 'auto' }} tabIndex={0} role="region" aria-label={label}>
        <Box h={rows.getTotalSize()} pos="relative" role="list" aria-label={label}>
          {shown.map(({ index, start }) => {
            const item = items[index];
            if (item === undefined) return null;
            return (
              <div
                key={keyOf(item)}
                role="listitem"
                aria-setsize={more ? -1 : items.length}
                aria-posinset={index + 1}
                className="virtual-row"
                style={{ transform: `translateY(${start}px)`, height: rowHeight }}
              >
                <Content item={item} of={children as (item: unknown) => ReactNode} />
              </div>
            );
          })}
        </Box>
        {more && <Loader size="sm" m="md" aria-label={text.actions.loading} />}
      </Box>
    </>
  );
}

const Content = memo(function Content({ item, of }: { item: unknown; of: (item: unknown) => ReactNode }) {
  return of(item);
});
