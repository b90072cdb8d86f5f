import type { AccessGrant } from '@muxgate/vault';
import { setBounded } from './set-bounded.js';

/** What asking for a token newer than a generation takes: a request to the worker, and news of its answer. */
export interface RefreshRequests {
  /** asks the worker, which alone may refresh; asking twice is harmless */
  request(credential: string, newerThan: number): Promise<void>;
  wait(credential: string, newerThan: number, timeoutMs: number): Promise<AccessGrant | undefined>;
}

export interface NewerTokensOptions {
  readonly waitMs: number;
  /** between two requests for one credential, in milliseconds */
  readonly throttleMs: number;
}

/** Credentials that were asked for; should there be more, the worker throttles as well. */
const MOST_REMEMBERED = 10_000;

/**
 * "A token newer than generation g, please": of a thousand requests that meet the same ended or refused token,
 * one asks and all wait for its answer. A vendor that refuses every token must not be stormed with refreshes, so a
 * credential is asked for at most once in a while; in between there is no newer token.
 */
export class NewerTokens {
  private readonly waiting = new Map<string, Promise<AccessGrant | undefined>>();
  private readonly askedAt = new Map<string, number>();

  constructor(
    private readonly requests: RefreshRequests,
    private readonly options: NewerTokensOptions,
    private readonly now: () => number = Date.now,
  ) {}

  /** Never rejects: nothing newer, in time, is `undefined`. */
  after(credential: string, generation: number): Promise<AccessGrant | undefined> {
    const flight = `${generation} ${credential}`;
    const running = this.waiting.get(flight);
    if (running !== undefined) return running;
    const askedAt = this.askedAt.get(credential);
    if (askedAt !== undefined && this.now() - askedAt < this.options.throttleMs)
      return Promise.resolve(undefined);
    setBounded(this.askedAt, credential, this.now(), MOST_REMEMBERED);
    const asking = this.ask(credential, generation)
      .catch(() => undefined)
      .finally(() => this.waiting.delete(flight));
    this.waiting.set(flight, asking);
    return asking;
  }

  private async ask(credential: string, generation: number): Promise<AccessGrant | undefined> {
    await this.requests.request(credential, generation);
    return this.requests.wait(credential, generation, this.options.waitMs);
  }
}
