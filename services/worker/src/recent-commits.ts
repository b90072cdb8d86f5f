import { committable, type CommittableLease, type RefreshVault, type StoredTokenSet } from '@muxgate/vault';

const MOST = 10_000;

interface Recent {
  readonly fingerprint: string | undefined;
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
    const { credential } = lease;
    this.recent.delete(credential); // so that the map stays in the order of time
    this.recent.set(credential, {
      fingerprint: this.vault.fingerprint(lease),
      place: committable(lease),
      envelope: this.vault.sealForEscrow(lease, tokenSet),
    });
    const [oldest] = this.recent.keys();
    if (this.recent.size > MOST && oldest !== undefined) this.recent.delete(oldest);
  }

  /** The token set that was already got for exactly the refresh token of this lease, if there is one. */
  successorOf(lease: CommittableLease): StoredTokenSet | undefined {
    const known = this.recent.get(lease.credential);
    // By generation as well: a provider that does not rotate has the same refresh token in all of them.
    if (known === undefined || known.place.generation !== lease.generation) return undefined;
    if (known.fingerprint === undefined || known.fingerprint !== this.vault.fingerprint(lease))
      return undefined;
    return this.vault.openFromEscrow(known.place, known.envelope);
  }
}
