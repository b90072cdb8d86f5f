import 'reflect-metadata';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { writeMonitoring } from '../k8s/monitoring.ts';
import { writeDashboards } from '../monitoring/dashboards.ts';
import { renderCliReference } from './cli.ts';
import { renderConfigurationReference } from './configuration.ts';
import { renderEnvironmentReference } from './environment.ts';
import { renderErrorReference } from './errors.ts';
import { renderMetricsReference } from './metrics.ts';
import { renderOAuthChecklist } from './oauth-checklist.ts';
import { renderPluginReference } from './plugins.ts';
import { renderProviderReference } from './providers.ts';

/** Writes every generated page, the dashboards, and the monitoring component of Kubernetes. `configuration.md` keeps its own form, which a unit test checks. */
export async function generate(root: string): Promise<void> {
  const directory = join(root, 'docs/reference');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'configuration.md'), renderConfigurationReference());
  const style = await resolveConfig(join(root, 'package.json'));
  const pages = {
    'cli.md': renderCliReference(root),
    'environment.md': renderEnvironmentReference(),
    'metrics.md': renderMetricsReference(),
    'errors.md': renderErrorReference(),
    'plugins.md': renderPluginReference(),
    '../providers.md': renderProviderReference(),
    'oauth-checklist.md': renderOAuthChecklist(),
  };
  for (const [name, text] of Object.entries(pages)) {
    await writeFile(join(directory, name), await format(text, { ...style, parser: 'markdown' }));
  }
  await writeDashboards(root);
  await writeMonitoring(root);
}
