import type { ConfigSnapshot, ConfigSource } from '@muxgate/config';
import type { Metric, Registry } from 'prom-client';

/** Names that were configured and are not any more keep their series for so many names. */
const KEPT_NAMES = 200;

/**
 * Label values are names from the configuration, so a process that lives through many revisions would collect the
 * series of all that was ever configured. The series of names that left longest ago are dropped.
 */
export function dropRetiredSeries(
  registry: Registry,
  config: ConfigSource,
  /** drops what is counted elsewhere and handed to the registry at a scrape */
  alsoDrop: (names: ReadonlySet<string>) => void = () => undefined,
  kept = KEPT_NAMES,
): () => void {
  const retired = new Set<string>();
  return config.onChange((next, previous) => {
    const present = namesOf(next);
    for (const name of present) retired.delete(name);
    for (const name of namesOf(previous)) if (!present.has(name)) retired.add(name);
    const excess = new Set([...retired].slice(0, Math.max(0, retired.size - kept)));
    if (excess.size === 0) return;
    for (const name of excess) retired.delete(name);
    alsoDrop(excess);
    void dropSeries(registry, excess);
  });
}

function namesOf({ models, providers, oauthProviders, webhooks, router }: ConfigSnapshot): Set<string> {
  return new Set([
    ...models.keys(),
    ...providers.keys(),
    ...oauthProviders.keys(),
    ...webhooks.keys(),
    ...router.rules.map(({ name }) => `rule:${name}`),
    ...[...models.values()].flatMap(({ targets }) => targets.map(({ model }) => model)),
  ]);
}

type Series = Metric & { remove(labels: Record<string, string | number>): void };

async function dropSeries(registry: Registry, names: ReadonlySet<string>): Promise<void> {
  for (const metric of registry.getMetricsAsArray() as unknown as Series[]) {
    const { values } = await metric.get();
    for (const { labels } of values) {
      const { le: _, quantile: __, ...own } = labels as Record<string, string | number>;
      if (Object.values(own).some((value) => names.has(String(value)))) metric.remove(own);
    }
  }
}
