import type { CommittableLease, RefreshVault, StoredTokenSet } from '@muxgate/vault';

const MOST = 10_000;

interface Recent {
  readonly sealedRefreshToken: string | undefined;
  readonly place: CommittableLease;
  readonly envelope: string;
}

/**
 * What this process stored last for each credential, sealed. A failover to a Redis that lags sets a record back to a
 * refresh token that is already spent; spending it again would have the provider revoke everything.
 */
export class RecentCommits {
  private readonly recent = new Map<string, Recent>();

  constructor(private readonly vault: RefreshVault) {}

  remember(lease: CommittableLease, tokenSet: StoredTokenSet): void {
    const { credential, provider, generation, fence, sealedRefreshToken } = lease;
    const place = { credential, provider, generation, fence, sealedRefreshToken };
    this.recent.delete(credential); // so that the map stays in the order of time
    this.recent.set(credential, {
      sealedRefreshToken,
      place,
      envelope: this.vault.sealForEscrow(lease, tokenSet),
    });
    const [oldest] = this.recent.keys();
    if (this.recent.size > MOST && oldest !== undefined) this.recent.delete(oldest);
  }

  /** The token set that was already got for exactly the refresh token of this lease, if there is one. */
  successorOf(lease: CommittableLease): StoredTokenSet | undefined {
    const known = this.recent.get(lease.credential);
    // An envelope is never made twice, so the same one is the same record, set back.
    if (known?.sealedRefreshToken === undefined || known.sealedRefreshToken !== lease.sealedRefreshToken) {
      return undefined;
    }
    return this.vault.openFromEscrow(known.place, known.envelope);
  }
}
