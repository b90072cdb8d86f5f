import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { guardedSpawn } from '../../scripts/launcher/guarded-spawn.ts';
import { onLines } from '../../scripts/launcher/log-lines.ts';
import { freePort } from '../../scripts/launcher/ports.ts';
import { isReadyWithin } from '../../scripts/launcher/readiness.ts';
import { ruleFiles } from '../../scripts/monitoring/rules.ts';
import { registerTeardown } from './teardown.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** In the order of time; NaN and infinite ones as well. */
  readonly values: readonly number[];
}

export interface EvaluatedRule {
  readonly name: string;
  readonly type: 'alerting' | 'recording';
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
}

export interface PrometheusOptions {
  /** The program, as `prometheusBinaries` finds it. */
  readonly program: string;
  /** What is scraped every second: management URLs by the job that they belong to. */
  readonly jobs: Readonly<Record<string, readonly string[]>>;
}

export interface TestPrometheus {
  readonly url: string;
  /** What a graph of the time from `start` to `end` (ms since the epoch; now) would show, a point a second. */
  range(query: string, start: number, end?: number): Promise<Series[]>;
  /** Values of a label over the series that match, as Grafana's `label_values(series, label)` asks for them. */
  labelValues(series: string, label: string): Promise<string[]>;
  /** All rules of the component for Kubernetes, with what became of their last evaluation. */
  rules(): Promise<EvaluatedRule[]>;
  stop(): Promise<void>;
}

/** A real Prometheus on loopback with our rules, which scrapes and evaluates every second. */
export async function startPrometheus({ program, jobs }: PrometheusOptions): Promise<TestPrometheus> {
  const directory = await temporaryDirectory();
  const config = join(directory, 'prometheus.yml');
  await writeFile(
    config,
    stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: await ruleFiles(),
      scrape_configs: Object.entries(jobs).map(([job, urls]) => ({
        job_name: job,
        // as the PodMonitor names them
        static_configs: urls.map((url, index) => ({
          targets: [new URL(url).host],
          labels: { instance: `${job}-${index}` },
        })),
      })),
    }),
  );
  const address = `127.0.0.1:${await freePort()}`;
  const child = guardedSpawn(program, [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    `--web.listen-address=${address}`,
  ]);
  const logs: string[] = [];
  for (const stream of [child.stdout, child.stderr]) onLines(stream, (line) => logs.push(line));
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  };
  await registerTeardown(stop, () => child.kill('SIGKILL'));
  const url = `http://${address}`;
  if (!(await isReadyWithin(`${url}/-/ready`, 20_000, new AbortController().signal)))
    throw new Error(`prometheus did not become ready:\n${logs.slice(-30).join('\n')}`);

  const ask = async <T>(path: string, parameters: Readonly<Record<string, string>>): Promise<T> => {
    const response = await fetch(`${url}${path}?${new URLSearchParams(parameters).toString()}`);
    const { status, data, error } = (await response.json()) as { status: string; data: T; error?: string };
    if (status !== 'success') throw new Error(`${path} answered ${error}: ${JSON.stringify(parameters)}`);
    return data;
  };
  return {
    url,
    range: async (query, start, end = Date.now()) => {
      const { result } = await ask<{ result: { metric: Series['metric']; values: [number, string][] }[] }>(
        '/api/v1/query_range',
        { query, start: String(start / 1_000), end: String(end / 1_000), step: '1' },
      );
      return result.map(({ metric, values }) => ({
        metric,
        values: values.map(([, value]) => numberOf(value)),
      }));
    },
    labelValues: (series, label) => ask(`/api/v1/label/${label}/values`, { 'match[]': series }),
    rules: async () =>
      (await ask<{ groups: { rules: EvaluatedRule[] }[] }>('/api/v1/rules', {})).groups.flatMap(
        ({ rules }) => rules,
      ),
    stop,
  };
}

/** As Prometheus writes numbers. */
function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}
