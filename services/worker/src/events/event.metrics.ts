import { Counter, type Registry } from 'prom-client';

export class EventMetrics {
  readonly deliveries: Counter<'webhook' | 'outcome'>;

  constructor(registry: Registry) {
    this.deliveries = new Counter({
      name: 'muxgate_webhook_deliveries_total',
      help: 'Attempts to deliver an event: delivered, to be retried, or dead.',
      labelNames: ['webhook', 'outcome'],
      registers: [registry],
    });
  }
}
