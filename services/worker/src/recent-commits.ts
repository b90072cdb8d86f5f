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

  /** The token set that came after that of this lease, if the record of the lease was set back behind a commit. */
  successorOf(lease: CommittableLease): StoredTokenSet | undefined {
    const known = this.recent.get(lease.credential);
    if (known === undefined || !this.isSetBack(lease, known)) return undefined;
    return this.vault.openFromEscrow(known.place, known.envelope);
  }

  /** Generations of one authorization only grow; one that has the same refresh token is of the same authorization. */
  private isSetBack(lease: CommittableLease, { place, fingerprint }: Recent): boolean {
    if (lease.generation > place.generation) return false;
    if (lease.connectedAt !== undefined) return lease.connectedAt === place.connectedAt;
    return (
      lease.generation === place.generation &&
      fingerprint !== undefined &&
      fingerprint === this.vault.fingerprint(lease)
    );
  }
}
