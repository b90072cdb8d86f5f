import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { exportedSeries } from '../docs/metrics.ts';
import { prometheusBinaries } from '../launcher/prometheus-binaries.ts';
import { runCommand, type CommandResult } from '../launcher/run-command.ts';
import { ALERT_CASES, type AlertCase, type Situation } from './alerts.cases.ts';
import { parseQuery } from './promql.ts';
import { readRules, ruleFiles } from './rules.ts';

const RUNBOOKS = 'docs/operations/runbooks';

const files = await ruleFiles();
const rules = await readRules();
const alerts = rules.filter((rule) => rule.alert !== undefined);
const promtool = (await prometheusBinaries())?.promtool ?? '';
const without = promtool === '' ? ' (skipped: no promtool on PATH, and apt-get could not fetch one)' : '';

/** As Prometheus renders a template, as far as ours go. */
function rendered(text: string, labels: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => labels[name] ?? '');
}

/** Runs the case as two of promtool's tests: one in which the alert is expected, and one in which nothing is. */
async function runCase({ alert, fires, labels, quiet }: AlertCase): Promise<CommandResult> {
  const rule = alerts.find((candidate) => candidate.alert === alert);
  const annotations = Object.fromEntries(
    Object.entries(rule?.annotations ?? {}).map(([name, text]) => [name, rendered(text, labels)]),
  );
  const expected = { exp_labels: { ...rule?.labels, ...labels }, exp_annotations: annotations };
  const test = ({ series, at, every = 1 }: Situation, alertsThen: readonly object[]) => ({
    interval: `${every}m`,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ eval_time: `${at}m`, alertname: alert, exp_alerts: alertsThen }],
  });
  const file = join(await temporaryDirectory(), 'alerts.yaml');
  const content = {
    rule_files: [rule?.file],
    evaluation_interval: `${fires.every ?? 1}m`,
    // without it promtool takes groups in any order, and an alert may look at what is not recorded yet
    group_eval_order: ['muxgate-slo-recordings', 'muxgate-slo'],
    tests: [test(fires, [expected]), test(quiet, [])],
  };
  await writeFile(file, stringify(content));
  return await runCommand(promtool, ['test', 'rules', file]);
}

describe.skipIf(promtool === '')(`promtool${without}`, () => {
  it('finds the rule files good', async () => {
    const { code, output } = await runCommand(promtool, ['check', 'rules', ...files]);
    expect({ code, output }).toMatchObject({ code: 0 });
  });

  it.each(ALERT_CASES)(
    '$alert fires when it should, and stays quiet in a healthy installation',
    async (one) => {
      const { code, output } = await runCase(one);
      expect({ code, output }).toMatchObject({ code: 0 });
    },
  );

  it('would tell of an alert that does not fire', async () => {
    const [one] = ALERT_CASES as [AlertCase];
    expect(await runCase({ ...one, fires: one.quiet })).toMatchObject({ code: 1 });
  });
});

it('every alert has its case', () => {
  expect(ALERT_CASES.map(({ alert }) => alert).toSorted()).toEqual(
    alerts.map(({ alert }) => alert).toSorted(),
  );
});

it('every rule reads series that the services export, or that another rule records', () => {
  const known = new Set([...exportedSeries(), ...rules.map(({ record }) => record)]);
  for (const { expr } of rules) {
    const { series, mistakes } = parseQuery(expr);
    const unknown = series.filter((name) => !known.has(name));
    expect({ expr, mistakes, unknown }).toEqual({ expr, mistakes: [], unknown: [] });
  }
});

it('every alert has a severity and a runbook that explains it, and no runbook is left over', async () => {
  const linked = new Set<string>();
  for (const { alert = '', labels, annotations } of alerts) {
    expect(['critical', 'warning', 'info']).toContain(labels?.['severity']);
    const page = basename(annotations?.['runbook_url'] ?? '');
    linked.add(page);
    const text = await readFile(join(RUNBOOKS, page), 'utf8');
    const wanted = [`\`${alert}\``, '## What it means', '## Look at', '## Do', '```sh'];
    expect({ page, missing: wanted.filter((part) => !text.includes(part)) }).toEqual({ page, missing: [] });
  }
  expect((await readdir(RUNBOOKS)).toSorted()).toEqual([...linked, 'README.md'].toSorted());
});
