import type { ConfigSource } from '@muxgate/config';
import { Gauge, type Registry } from 'prom-client';

/** The same figure in every service: replicas that differ for long have a problem, which `GET /api/config` names. */
export function registerConfigRevision(registry: Registry, config: Pick<ConfigSource, 'current'>): void {
  new Gauge({
    name: 'muxgate_config_revision',
    help: 'Revision of the configuration in force.',
    registers: [registry],
    collect() {
      this.set(config.current().revision);
    },
  });
}
