import { expect, it } from 'vitest';
import { renderFields, renderTable, type Column } from './table.ts';
import type { Paint } from './text.ts';

const unpainted: Paint = (_tone, text) => text;
const marked: Paint = (tone, text) => `<${tone}>${text}</>`;

interface Row {
  readonly id: string;
  readonly count?: number;
  readonly note?: string;
}
const columns: Column<Row>[] = [
  { title: 'ID', value: (row) => row.id },
  { title: 'COUNT', value: (row) => row.count, align: 'right' },
  { title: 'NOTE', value: (row) => row.note, tone: () => 'bad' },
];
const rows: Row[] = [
  { id: 'short', count: 7, note: 'first' },
  { id: 'a-longer-one', count: 1234 },
];

it('columns are as wide as their widest cell, numbers to the right, nothing at the end of a line', () => {
  expect(renderTable(rows, columns, { width: undefined, paint: unpainted })).toBe(
    ['ID            COUNT  NOTE', 'short             7  first', 'a-longer-one   1234'].join('\n'),
  );
});

it('a column that is empty in every row is left out', () => {
  expect(renderTable([{ id: 'x' }], columns, { width: undefined, paint: unpainted })).toBe('ID\nx');
});

it('a table that does not fit becomes blocks, with nothing cut off and nothing empty', () => {
  expect(renderTable(rows, columns, { width: 25, paint: unpainted })).toBe(
    ['short', '  COUNT  7', '  NOTE   first', 'a-longer-one', '  COUNT  1234'].join('\n'),
  );
});

it.each([26, 80])('a table stays one where it fits: %i columns', (width) => {
  expect(renderTable(rows, columns, { width, paint: unpainted })).toMatch(/^ID {12}COUNT/);
});

it('colours do not count as width', () => {
  expect(renderTable(rows, columns, { width: 26, paint: marked })).toBe(
    [
      '<dim>ID</>            <dim>COUNT</>  <dim>NOTE</>',
      'short             7  <bad>first</>',
      'a-longer-one   1234',
    ].join('\n'),
  );
});

it('wide characters count twice', () => {
  expect(
    renderTable(
      [{ id: '日本' }, { id: 'abcd' }].map((row) => ({ ...row, count: 1 })),
      columns,
      { width: undefined, paint: unpainted },
    ),
  ).toBe(['ID    COUNT', '日本      1', 'abcd      1'].join('\n'));
});

it('what a server says cannot steer the terminal or break a line', () => {
  const row = { id: 'a\u001b[2Jb\nc\u202ed', count: 1 };
  expect(renderTable([row], columns, { width: undefined, paint: unpainted })).toBe(
    ['ID      COUNT', 'ab c d      1'].join('\n'),
  );
});

it('fields without a value are left out', () => {
  expect(
    renderFields(
      [
        ['name', 'ci', 'good'],
        ['team', undefined],
        ['may pin', false],
      ],
      marked,
    ),
  ).toBe(['<dim>name   </>  <good>ci</>', '<dim>may pin</>  false'].join('\n'));
});
