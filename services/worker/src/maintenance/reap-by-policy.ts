import type { AuditTrail } from '@muxgate/audit';
import type { ConfigSource } from '@muxgate/config';
import type { Logger } from '@muxgate/runtime';
import { deadCredentials, type CredentialVault } from '@muxgate/vault';
import type { MaintenanceMetrics } from './maintenance.metrics.js';

/**
 * Removes dead credentials, where the configuration says so. Nothing is revoked: a refused or blocked grant is dead at
 * the provider as well.
 */
export class ReapByPolicy {
  constructor(
    private readonly vault: CredentialVault,
    private readonly config: ConfigSource,
    private readonly trail: AuditTrail,
    private readonly metrics: MaintenanceMetrics,
    private readonly logger: Logger,
  ) {}

  async run(): Promise<string> {
    const { reaper, oauthProviders } = this.config.current();
    if (!reaper.automatic) return 'off';
    let reaped = 0;
    for await (const dead of deadCredentials(
      this.vault,
      reaper,
      (name) => oauthProviders.has(name),
      Date.now(),
    )) {
      const { credential, provider, generation, reason } = dead;
      if ((await this.vault.remove(credential, { generation })) === undefined) continue;
      reaped += 1;
      this.metrics.reaped.inc({ reason });
      await this.trail.record({
        actor: 'reaper',
        action: 'credential.reap',
        subject: credential,
        outcome: 'success',
        details: { provider, reason, deadSince: new Date(dead.deadSince).toISOString() },
      });
    }
    if (reaped > 0) this.logger.info({ reaped }, 'dead credentials were removed');
    return `reaped ${reaped}`;
  }
}
