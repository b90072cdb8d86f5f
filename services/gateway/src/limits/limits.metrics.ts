import { Counter, Gauge, type Registry } from 'prom-client';

export type LimitsMetrics = ReturnType<typeof createLimitsMetrics>;

export function createLimitsMetrics(registry: Registry, isLocal: () => boolean) {
  const registers = [registry];
  new Gauge({
    name: 'muxgate_limits_local',
    help: '1 while Redis is away and this replica keeps its share of each limit by itself.',
    registers,
    collect() {
      this.set(isLocal() ? 1 : 0);
    },
  });
  const metrics = {
    refused: new Counter({
      name: 'muxgate_rate_limited_total',
      help: 'Requests that a limit or a budget had no room for, by whose it was: key, team or model.',
      labelNames: ['scope'],
      registers,
    }),
    thresholds: new Counter({
      name: 'muxgate_budget_thresholds_total',
      help: 'Budgets that have passed their threshold in a period, by whose they are: key or team.',
      labelNames: ['scope'],
      registers,
    }),
    exhausted: new Counter({
      name: 'muxgate_budget_refusals_total',
      help: 'Requests that a budget had no room for, by whose it was: key or team.',
      labelNames: ['scope'],
      registers,
    }),
  };
  // from zero, so that the first one is an increase too, which alerts look for
  for (const scope of ['key', 'team', 'model']) metrics.refused.inc({ scope }, 0);
  for (const scope of ['key', 'team']) {
    metrics.thresholds.inc({ scope }, 0);
    metrics.exhausted.inc({ scope }, 0);
  }
  return metrics;
}
