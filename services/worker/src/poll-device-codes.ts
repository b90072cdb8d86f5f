import { setTimeout as sleep } from 'node:timers/promises';
import type { ConfigSource } from '@muxgate/config';
import {
  establish,
  recordFailure,
  type DevicePoll,
  type DevicePolls,
  type DeviceTransaction,
  type EstablishParts,
  type Granted,
  type TransactionStore,
} from '@muxgate/connect';
import { AppError } from '@muxgate/runtime';
import { VaultContended } from '@muxgate/vault';
import type { TokenEndpoints } from './token-endpoints.js';

const BATCH = 50;
/** Providers count an interval from their side; GitHub slows everyone down who is early by a moment. */
const MARGIN_MS = 3_000;
const LONGEST_PAUSE_MS = 1_000;

export interface DeviceParts extends EstablishParts {
  readonly config: ConfigSource;
  readonly endpoints: TokenEndpoints;
  readonly transactions: TransactionStore;
  readonly polls: DevicePolls;
}

type End = { readonly outcome: 'denied' | 'expired' | 'failed'; readonly code: string };

/**
 * RFC 8628 section 3.4: asks for the tokens of device codes until the person has agreed, refused or let it be. One
 * worker asks at a time, no faster than the provider wants; what is granted is stored before anything else.
 */
export class PollDeviceCodes {
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly parts: DeviceParts,
    private readonly marginMs = MARGIN_MS,
  ) {}

  /** Resolves when the turns that are due are begun; they end by themselves, and report their own failures. */
  async pollDue(): Promise<void> {
    for (const id of await this.parts.polls.due(BATCH)) {
      const turn = await this.parts.polls.take(id);
      if (turn !== undefined) this.run(turn);
    }
  }

  /** What was asked may yet bring tokens. */
  async settled(): Promise<void> {
    await Promise.all(this.running);
  }

  private run(turn: DevicePoll): void {
    const polling = this.poll(turn)
      .catch((error: unknown) => this.parts.logger.warn({ err: error }, 'a device code was not asked about'))
      .finally(() => this.running.delete(polling));
    this.running.add(polling);
  }

  private async poll(turn: DevicePoll): Promise<void> {
    const { transactions, polls, config } = this.parts;
    const transaction = await transactions.loadDevice(turn.id);
    if (transaction === undefined) return polls.end(turn.id); // Redis let it go when it expired
    const provider = config.current().oauthProviders.get(transaction.provider);
    if (provider === undefined) {
      return this.end(turn, transaction, { outcome: 'failed', code: 'oauth_provider_unknown' });
    }
    if (transaction.expiresAt <= Date.now()) {
      return this.end(turn, transaction, { outcome: 'expired', code: 'expired_token' });
    }
    try {
      const answer = await this.parts.endpoints.pollDevice(provider, transaction.deviceCode, turn.intervalMs);
      if (answer.outcome === 'granted') {
        await this.store({
          id: turn.id,
          transaction,
          from: transaction.from,
          provider,
          http: this.parts.endpoints.httpOf(provider),
          tokenSet: answer.tokens,
        });
      } else if (answer.outcome === 'pending') {
        await polls.again(turn, answer.intervalMs, answer.intervalMs + this.marginMs);
      } else {
        const code = answer.outcome === 'denied' ? 'access_denied' : 'expired_token';
        await this.end(turn, transaction, { outcome: answer.outcome, code });
      }
    } catch (error) {
      // Redis is away: the turn comes back by itself
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'oauth_discovery_failed') {
        return polls.again(turn, turn.intervalMs, turn.intervalMs + this.marginMs);
      }
      await this.end(turn, transaction, { outcome: 'failed', code: error.code });
    }
  }

  /** The code is spent and this is the only copy: tried for as long as the process lives. */
  private async store(granted: Granted): Promise<void> {
    for (let pause = 50; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        await establish(this.parts, granted);
        break;
      } catch (error) {
        const isFinal = error instanceof AppError && !(error instanceof VaultContended);
        if (isFinal) throw error;
        const { credential } = granted.transaction;
        this.parts.logger.error({ err: error, credential }, 'Redis does not take a new token set, trying on');
        await sleep(pause);
      }
    }
    await this.forget(granted.id);
  }

  private async end(turn: DevicePoll, transaction: DeviceTransaction, end: End): Promise<void> {
    const ending = { id: turn.id, transaction, from: transaction.from };
    await recordFailure(this.parts, ending, { ...end, status: end.outcome });
    await this.forget(turn.id);
  }

  private async forget(id: string): Promise<void> {
    await this.parts.polls.end(id);
    await this.parts.transactions.forgetDevice(id);
  }
}
