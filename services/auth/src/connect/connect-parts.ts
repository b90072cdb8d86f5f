import type {
  ConnectMetrics,
  DevicePolls,
  EstablishParts,
  InvitationStore,
  ProgressStore,
  TransactionStore,
} from '@muxgate/connect';
import type { AuditTrail } from '@muxgate/audit';
import type { Logger } from '@muxgate/runtime';
import type { CredentialVault, StoredKeys } from '@muxgate/vault';
import type { BrowserBinding } from './browser-binding.js';
import type { HostId } from './host-id.js';
import type { OAuthProviders } from './oauth-providers.js';
import type { PublicUrl } from './public-url.js';

/** What the steps of the connect path work with. */
export abstract class ConnectParts implements EstablishParts {
  abstract readonly providers: OAuthProviders;
  abstract readonly transactions: TransactionStore;
  abstract readonly progress: ProgressStore;
  abstract readonly invitations: InvitationStore;
  abstract readonly devicePolls: DevicePolls;
  abstract readonly vault: CredentialVault;
  abstract readonly publicUrl: PublicUrl;
  abstract readonly binding: BrowserBinding;
  abstract readonly trail: AuditTrail;
  abstract readonly metrics: ConnectMetrics;
  abstract readonly logger: Logger;
  abstract readonly hostId: HostId;
  abstract readonly storedKeys: StoredKeys;
  abstract readonly revoke: EstablishParts['revoke'];
}
