import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exportedSeries } from '../docs/metrics.ts';
import { dashboards } from './dashboards.ts';

const OPERATIONS = 'docs/operations';
const built = [...dashboards().values()];
/** Of dashboards, their rows and their panels. */
const titles = new Set(
  built.flatMap(({ title, panels = [] }) => [title, ...panels.map((panel) => panel.title)]),
);

async function pages(directory: string): Promise<{ page: string; prose: string }[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.md'));
  return await Promise.all(
    names.map(async (name) => {
      const page = join(directory, name);
      return { page, prose: await readFile(page, 'utf8') };
    }),
  );
}

const matches = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([, name]) => name as string);
const withoutCode = (text: string) => text.replace(/```[\s\S]*?```|`[^`\n]*`/g, '');

it('what failure modes and runbooks name in italics is a panel or a row, by its whole title; in bold, a dashboard', async () => {
  const all = [
    ...(await pages(join(OPERATIONS, 'runbooks'))),
    ...(await pages(OPERATIONS)).filter(({ page }) => page.endsWith('failure-modes.md')),
  ];
  const named = all.flatMap(({ page, prose }) =>
    [
      ...matches(withoutCode(prose), /(?<!\w)_([A-Z][^_]*)_(?!\w)/g),
      ...matches(withoutCode(prose), /\*\*(Muxgate \/ [^*]*)\*\*/g),
    ].map((title) => ({ page, title: title.replace(/\s+/g, ' ') })),
  );
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter(({ title }) => !titles.has(title))).toEqual([]);
});

it('what pages for operators call a metric is one that a service exports', async () => {
  // a histogram is called by what its three series have in common
  const known = new Set([...exportedSeries()].flatMap((name) => [name, name.replace(/_bucket$/, '')]));
  const all = [...(await pages(join(OPERATIONS, 'runbooks'))), ...(await pages(OPERATIONS))];
  const named = all.flatMap(({ page, prose }) =>
    matches(prose, /\b((?:muxgate|gen_ai)_[a-z0-9_]+)\b/g).map((name) => ({ page, name })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ name }) => !known.has(name))).toEqual([]);
});
