import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const WAITS_S = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 60, 300];

export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;

export function createWorkerMetrics(registry: Registry) {
  const registers = [registry];
  return {
    refreshes: new Counter({
      name: 'muxgate_token_refreshes_total',
      help: 'Attempts to refresh a credential that got its lease, by what became of them.',
      labelNames: ['provider', 'outcome'],
      registers,
    }),
    duration: new Histogram({
      name: 'muxgate_token_refresh_duration_seconds',
      help: 'From the lease to the end of an attempt.',
      labelNames: ['provider', 'outcome'],
      buckets: WAITS_S,
      registers,
    }),
    lag: new Histogram({
      name: 'muxgate_token_refresh_lag_seconds',
      help: 'Start of an attempt minus the time at which it was due.',
      labelNames: ['provider'],
      buckets: WAITS_S,
      registers,
    }),
    lastSweep: new Gauge({
      name: 'muxgate_last_sweep_timestamp_seconds',
      help: 'When the due credentials were last looked through.',
      registers,
    }),
  };
}
