import { Counter, Gauge, type Registry } from 'prom-client';

export function createUsageMetrics(registry: Registry, waitingBatches: () => number) {
  const registers = [registry];
  new Gauge({
    name: 'muxgate_usage_waiting_batches',
    help: 'Batches of usage that Redis does not have yet.',
    registers,
    collect() {
      this.set(waitingBatches());
    },
  });
  const dropped = new Counter({
    name: 'muxgate_usage_dropped_total',
    help: 'Events that found no room while Redis was away, by what they are missing from.',
    labelNames: ['kind'],
    registers,
  });
  // from zero, so that the first one is an increase too, which alerts look for
  for (const kind of ['usage', 'request_log']) dropped.inc({ kind }, 0);
  return { dropped };
}
