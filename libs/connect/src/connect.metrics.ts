import { Counter, type Registry } from 'prom-client';

export type AuthorizationOutcome = 'started' | 'connected' | 'denied' | 'expired' | 'refused' | 'failed';

export class ConnectMetrics {
  private readonly authorizations: Counter<'provider' | 'outcome'>;

  constructor(registry: Registry) {
    this.authorizations = new Counter({
      name: 'muxgate_oauth_authorizations_total',
      help: 'Authorizations of OAuth credentials: started, and how they ended.',
      labelNames: ['provider', 'outcome'],
      registers: [registry],
    });
  }

  /** @param provider the name of a configured OAuth provider; never what a caller sent */
  count(provider: string, outcome: AuthorizationOutcome): void {
    this.authorizations.inc({ provider, outcome });
  }
}
