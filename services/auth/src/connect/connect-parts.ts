import type { Logger } from '@muxgate/runtime';
import type { CredentialVault } from '@muxgate/vault';
import type { AuditTrail } from '../admin/audit-trail.js';
import type { BrowserBinding } from './browser-binding.js';
import type { ConnectMetrics } from './connect.metrics.js';
import type { OAuthProviders } from './oauth-providers.js';
import type { PublicUrl } from './public-url.js';
import type { TransactionStore } from './transaction.store.js';

/** What the steps of the connect path work with. */
export abstract class ConnectParts {
  abstract readonly providers: OAuthProviders;
  abstract readonly transactions: TransactionStore;
  abstract readonly vault: CredentialVault;
  abstract readonly publicUrl: PublicUrl;
  abstract readonly binding: BrowserBinding;
  abstract readonly trail: AuditTrail;
  abstract readonly metrics: ConnectMetrics;
  abstract readonly logger: Logger;
}
