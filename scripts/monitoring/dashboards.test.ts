import { Ajv, type SchemaObject, type ValidateFunction } from 'ajv';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGenerator } from 'ts-json-schema-generator';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportedSeries } from '../docs/metrics.ts';
import { dashboards, DASHBOARDS_DIRECTORY, renderDashboard } from './dashboards.ts';
import { parseQuery, queriesOf } from './promql.ts';
import { readRules } from './rules.ts';

const all = [...dashboards()].map(([name, dashboard]) => ({ name, dashboard }));
const TYPES = 'node_modules/@grafana/schema/dist/types/raw/dashboard/x/types.gen.d.ts';

it('the directory of dashboards holds what the code says, and nothing else', async () => {
  expect((await readdir(DASHBOARDS_DIRECTORY)).filter((name) => name.endsWith('.json')).toSorted()).toEqual(
    all.map(({ name }) => name).toSorted(),
  );
  for (const { name, dashboard } of all)
    expect(await readFile(join(DASHBOARDS_DIRECTORY, name), 'utf8')).toBe(await renderDashboard(dashboard));
});

describe('a dashboard', () => {
  let validate: ValidateFunction;
  beforeAll(() => {
    const schema = createGenerator({
      path: TYPES,
      type: 'Dashboard',
      skipTypeCheck: true,
      additionalProperties: false,
    }).createSchema('Dashboard');
    validate = new Ajv({ allErrors: true, strict: false }).compile(schema as SchemaObject);
  }, 60_000);

  it.each(all)("follows Grafana's own schema: $name", async ({ name }) => {
    const dashboard = JSON.parse(await readFile(join(DASHBOARDS_DIRECTORY, name), 'utf8')) as object;
    validate(dashboard);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...dashboard, refresh: 30 })).toBe(false);
    expect(validate({ ...dashboard, panel: [] })).toBe(false);
  });

  it.each(all)(
    'asks in PromQL for series that the services export, or that a rule records: $name',
    async ({ dashboard }) => {
      const known = new Set([...exportedSeries(), ...(await readRules()).map(({ record }) => record)]);
      const queries = queriesOf(dashboard, '5m');
      expect(queries.length).toBeGreaterThan(5);
      for (const { query } of queries) {
        const { series, mistakes } = parseQuery(query);
        expect({ query, mistakes, unknown: series.filter((name) => !known.has(name)) }).toEqual({
          query,
          mistakes: [],
          unknown: [],
        });
        expect(series).not.toEqual([]);
      }
    },
  );

  it.each(all)(
    'names each panel once, says what it means, and lays panels side by side: $name',
    ({ dashboard }) => {
      const panels = (dashboard.panels ?? []).flatMap((panel) => ('targets' in panel ? [panel] : []));
      expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
      expect(panels.filter(({ description }) => !description?.endsWith('.'))).toEqual([]);
      expect(panels.filter(({ gridPos }) => (gridPos?.x ?? 0) + (gridPos?.w ?? 0) > 24)).toEqual([]);
    },
  );
});

it('a query with a mistake is found, and so is a series of no service', () => {
  expect(parseQuery('sum(rate(x_total[5m])').mistakes).not.toEqual([]);
  expect(parseQuery('sum by (a) (rate(x_total{b="c"}[5m])) / y').series).toEqual(['x_total', 'y']);
});
