import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** One registry per process: Node's default metrics and `muxgate_build_info`. */
export function createRegistry(service: string, version: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'muxgate_build_info',
    help: 'Always 1; the labels say which build runs.',
    labelNames: ['service', 'version', 'node'],
    registers: [registry],
  }).set({ service, version, node: process.versions.node }, 1);
  return registry;
}
