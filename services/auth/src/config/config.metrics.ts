import { Counter, type Registry } from 'prom-client';

/** The auth service's share of the configuration's metrics. */
export class ConfigMetrics {
  readonly rejected: Counter<'source'>;

  constructor(registry: Registry) {
    this.rejected = new Counter({
      name: 'muxgate_config_rejected_total',
      help: 'Configurations that were refused for their mistakes, by where they came from: file or api.',
      labelNames: ['source'],
      registers: [registry],
    });
    // from zero, so that the first one is an increase too
    for (const source of ['file', 'api']) this.rejected.inc({ source }, 0);
  }
}
