import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderMonitoring } from '../../../scripts/k8s/monitoring.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const COMPONENT = 'k8s/components/monitoring';

it('the component holds every dashboard and alert rule that is there (npm run docs writes it)', async () => {
  const rendered = await renderMonitoring(COMPONENT);
  for (const [name, text] of Object.entries(rendered))
    expect(await readFile(join(COMPONENT, name), 'utf8')).toBe(text);
});

it('a dashboard becomes a ConfigMap, rule files one PrometheusRule; tests of rules are no rules', async () => {
  const component = await temporaryDirectory();
  for (const directory of ['dashboards', 'rules']) await mkdir(join(component, directory));
  await writeFile(join(component, 'dashboards/on-call.json'), '{}');
  for (const name of ['a', 'b', 'a.test'])
    await writeFile(join(component, `rules/${name}.yaml`), `groups: [{ name: ${name}, rules: [] }]`);
  const files = await renderMonitoring(component);
  expect(parse(files['kustomization.yaml'] ?? '')).toMatchObject({
    resources: ['pod-monitor.yaml', 'prometheus-rule.yaml'],
    configMapGenerator: [{ name: 'dashboard-on-call', files: ['dashboards/on-call.json'] }],
  });
  expect(parse(files['prometheus-rule.yaml'] ?? '')).toMatchObject({
    spec: {
      groups: [
        { name: 'a', rules: [] },
        { name: 'b', rules: [] },
      ],
    },
  });
});
