import { Counter, type Registry } from 'prom-client';

export type MaintenanceMetrics = ReturnType<typeof createMaintenanceMetrics>;

export function createMaintenanceMetrics(registry: Registry) {
  const registers = [registry];
  return {
    rewraps: new Counter({
      name: 'muxgate_rewraps_total',
      help: 'Envelopes that a rewrap looked at: rewrapped, current already, raced by a newer one, or unopened.',
      labelNames: ['outcome'],
      registers,
    }),
    reaped: new Counter({
      name: 'muxgate_credentials_reaped_total',
      help: 'Dead credentials that were removed by the policy, by reason.',
      labelNames: ['reason'],
      registers,
    }),
  };
}
