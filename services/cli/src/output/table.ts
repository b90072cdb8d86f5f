import stringWidth from 'fast-string-width';
import { plain, type Paint, type Tone } from './text.js';

export interface Column<T> {
  readonly title: string;
  readonly value: (item: T) => unknown;
  readonly tone?: (item: T) => Tone | undefined;
  readonly align?: 'right';
}

export interface TableStyle {
  /** columns of the terminal; undefined where none limits us, as in a pipe */
  readonly width: number | undefined;
  readonly paint: Paint;
}

const GAP = '  ';

/**
 * Rows under titles. Where the terminal is too narrow each item becomes a block of `title value` lines instead:
 * nothing is cut off, since an id that is cut is of no use. Columns that are empty in every row are left out.
 */
export function renderTable<T>(
  items: readonly T[],
  columns: ReadonlyArray<Column<T>>,
  { width, paint }: TableStyle,
): string {
  const cells = items.map((item) => columns.map(({ value }) => plain(value(item))));
  const shown = columns.flatMap((column, index) =>
    cells.some((row) => row[index] !== '') ? [{ column, index }] : [],
  );
  const widths = shown.map(({ column, index }) =>
    Math.max(stringWidth(column.title), ...cells.map((row) => stringWidth(row[index] ?? ''))),
  );
  const needed = widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1));
  if (width !== undefined && needed > width) return renderBlocks(items, shown, cells, paint);

  const line = (texts: readonly string[], painted: readonly string[]) =>
    texts
      .map((text, at) => {
        const padding = ' '.repeat(Math.max(0, (widths[at] ?? 0) - stringWidth(text)));
        return shown[at]?.column.align === 'right'
          ? padding + (painted[at] ?? '')
          : (painted[at] ?? '') + padding;
      })
      .join(GAP)
      .trimEnd();
  const titles = shown.map(({ column }) => column.title);
  const lines = items.map((item, row) => {
    const texts = shown.map(({ index }) => cells[row]?.[index] ?? '');
    return line(
      texts,
      texts.map((text, at) => tinted(shown[at]?.column, item, text, paint)),
    );
  });
  return [
    line(
      titles,
      titles.map((title) => paint('dim', title)),
    ),
    ...lines,
  ].join('\n');
}

function renderBlocks<T>(
  items: readonly T[],
  shown: ReadonlyArray<{ readonly column: Column<T>; readonly index: number }>,
  cells: readonly (readonly string[])[],
  paint: Paint,
): string {
  const [first, ...rest] = shown;
  const titleWidth = Math.max(0, ...rest.map(({ column }) => stringWidth(column.title)));
  return items
    .map((item, row) =>
      [
        paint('strong', cells[row]?.[first?.index ?? 0] ?? ''),
        ...rest.flatMap(({ column, index }) => {
          const text = cells[row]?.[index] ?? '';
          const title = paint('dim', column.title.padEnd(titleWidth));
          return text === '' ? [] : [`${GAP}${title}${GAP}${tinted(column, item, text, paint)}`];
        }),
      ].join('\n'),
    )
    .join('\n');
}

/** One thing as `name value` lines; those without a value are left out. */
export function renderFields(
  fields: ReadonlyArray<readonly [name: string, value: unknown, tone?: Tone]>,
  paint: Paint,
): string {
  const shown = fields
    .map(([name, value, tone]) => [name, plain(value), tone] as const)
    .filter(([, text]) => text !== '');
  const nameWidth = Math.max(0, ...shown.map(([name]) => stringWidth(name)));
  return shown
    .map(
      ([name, text, tone]) =>
        `${paint('dim', name.padEnd(nameWidth))}${GAP}${tone ? paint(tone, text) : text}`,
    )
    .join('\n');
}

function tinted<T>(column: Column<T> | undefined, item: T, text: string, paint: Paint): string {
  const tone = column?.tone?.(item);
  return tone === undefined || text === '' ? text : paint(tone, text);
}
