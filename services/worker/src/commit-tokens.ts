import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@muxgate/runtime';
import type {
  CommittableLease,
  Committed,
  RefreshPolicy,
  RefreshVault,
  StoredTokenSet,
} from '@muxgate/vault';
import type { Escrow } from './escrow.js';
import { RecentCommits } from './recent-commits.js';

const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Stores a token set that was issued, whatever Redis does meanwhile: it is the only copy, the token that it was
 * issued in exchange for is spent. Tries for as long as the process lives; a first failure puts it in escrow.
 */
export class CommitTokens {
  private readonly recent: RecentCommits;

  constructor(
    private readonly vault: RefreshVault,
    private readonly logger: Logger,
    private readonly escrow?: Escrow,
  ) {
    this.recent = new RecentCommits(vault);
  }

  async commit(
    lease: CommittableLease,
    tokenSet: StoredTokenSet,
    schedule: RefreshPolicy,
  ): Promise<Committed> {
    for (let attempt = 0; ; attempt++) {
      try {
        const committed = await this.vault.commit(lease, tokenSet, schedule);
        if (attempt > 0) await this.settled(lease);
        if (committed.outcome === 'committed') this.recent.remember(lease, tokenSet);
        return committed;
      } catch (error) {
        if (attempt === 0) await this.secure(lease, tokenSet, error);
      }
      const pause = Math.min(SHORTEST_PAUSE_MS * 2 ** Math.min(attempt, 10), LONGEST_PAUSE_MS);
      await sleep(pause * (0.5 + Math.random() / 2));
    }
  }

  /** What was already got for the very refresh token of a lease: Redis was set back behind a commit of ours. */
  successorOf(lease: CommittableLease): StoredTokenSet | undefined {
    return this.recent.successorOf(lease);
  }

  /** Commits what earlier processes had to leave behind. Answers how many there were. */
  async recover(scheduleOf: (provider: string) => RefreshPolicy): Promise<number> {
    const left = (await this.escrow?.leftBehind()) ?? [];
    for (const { lease, tokenSet } of left) {
      const { outcome } = await this.vault.commit(lease, tokenSet, scheduleOf(lease.provider));
      await this.escrow?.forget(lease);
      this.logger.warn({ credential: lease.credential, outcome }, 'a token set was recovered from escrow');
    }
    return left.length;
  }

  private async secure(lease: CommittableLease, tokenSet: StoredTokenSet, error: unknown): Promise<void> {
    const { credential } = lease;
    this.logger.error({ err: error, credential }, 'Redis does not take a new token set, trying on');
    try {
      await this.escrow?.keep({ lease, tokenSet });
    } catch (escrowError) {
      this.logger.error({ err: escrowError, credential }, 'escrow does not take it either');
    }
  }

  private async settled(lease: CommittableLease): Promise<void> {
    this.logger.info({ credential: lease.credential }, 'Redis took the new token set');
    await this.escrow?.forget(lease);
  }
}
