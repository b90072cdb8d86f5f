import { join } from 'node:path';
import { mkdir, writeFile } from 'node:fs/promises';
import { format } from 'prettier';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { credentials } from './credentials.dashboard.ts';
import { onCall } from './on-call.dashboard.ts';
import { buildDashboard } from './panels.ts';
import { traffic } from './traffic.dashboard.ts';
import { usage } from './usage.dashboard.ts';
import { workers } from './workers.dashboard.ts';

export const DASHBOARDS_DIRECTORY = 'k8s/components/monitoring/dashboards';

/** By the name of its file. */
export function dashboards(): Map<string, Dashboard> {
  return new Map(
    [onCall, traffic, usage, credentials, workers].map((description) => [
      `${description.uid}.json`,
      buildDashboard(description),
    ]),
  );
}

export async function renderDashboard(dashboard: Dashboard): Promise<string> {
  return await format(JSON.stringify(dashboard), { parser: 'json', printWidth: 110 });
}

export async function writeDashboards(root: string): Promise<void> {
  const directory = join(root, DASHBOARDS_DIRECTORY);
  await mkdir(directory, { recursive: true });
  for (const [name, dashboard] of dashboards())
    await writeFile(join(directory, name), await renderDashboard(dashboard));
}
