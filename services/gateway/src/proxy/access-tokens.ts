import { messageOf, type Logger } from '@muxgate/runtime';
import type { AccessGrant, AccessVault, VaultEvents } from '@muxgate/vault';
import type { Credential, Standing } from './credential.js';
import { CredentialEnded, CredentialMissing, CredentialRevoked, CredentialUnavailable } from './errors.js';
import type { NewerTokens } from './newer-token.js';
import { setBounded } from './set-bounded.js';
import type { MaybePromise } from './when-ready.js';

export interface AccessTokensOptions {
  readonly rereadMs: number;
  /** held in memory; beyond it, those read longest ago are read again when they are needed */
  readonly most: number;
}

/**
 * Access tokens from memory. They are loaded at start, replaced when a message says so and, should one be
 * lost, when the generations read every few seconds differ. Redis, auth and worker may be away until a token ends.
 */
export class AccessTokens {
  private readonly held = new Map<string, Credential>();
  private readonly loading = new Map<string, Promise<AccessGrant | undefined>>();
  private timer: NodeJS.Timeout | undefined;
  private reachable = true;
  private stopListening: (() => void) | undefined;

  constructor(
    private readonly vault: Pick<AccessVault, 'readAccess' | 'readAllAccess' | 'generations'>,
    private readonly events: Pick<VaultEvents, 'onChange'>,
    private readonly newer: NewerTokens,
    private readonly wanted: () => string[],
    private readonly options: AccessTokensOptions,
    private readonly logger: Logger,
    private readonly now: () => number = Date.now,
  ) {}

  async start(): Promise<void> {
    this.stopListening = this.events.onChange(({ credential, generation, status }) => {
      if (status === 'removed') this.held.delete(credential);
      else if (!this.held.has(credential) && this.held.size >= this.options.most) return;
      else if (
        generation !== this.held.get(credential)?.grant?.generation ||
        this.isStale(credential, status)
      )
        this.load(credential).catch((error: unknown) => this.complain(error));
    });
    await this.preload().catch((error: unknown) => this.complain(error));
    this.timer = setInterval(() => {
      this.heal().catch((error: unknown) => this.complain(error));
    }, this.options.rereadMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.stopListening?.();
  }

  /**
   * A token that has not ended: at once where it is in memory.
   *
   * @throws CredentialMissing, CredentialRevoked, CredentialEnded, CredentialUnavailable
   */
  of(credential: string): MaybePromise<Credential> {
    const held = this.held.get(credential);
    return held !== undefined && this.isAlive(held) ? held : this.revive(credential);
  }

  /** After a 401 on `refused`: a newer credential, from memory, the store or the worker, in this order. */
  async replace(refused: AccessGrant): Promise<Credential | undefined> {
    const { credential, generation } = refused;
    const known = this.newerThan(credential, generation);
    if (known !== undefined) return known;
    await this.load(credential).catch(() => undefined);
    const stored = this.newerThan(credential, generation);
    if (stored !== undefined) return stored;
    const grant = await this.newer.after(credential, generation);
    if (grant !== undefined) this.keep(grant);
    return this.newerThan(credential, generation);
  }

  /** How those that the configuration needs stand, by what is in memory. */
  standing(): Standing {
    const standing: Standing = { alive: [], ended: [], missing: [] };
    for (const id of this.wanted()) {
      const held = this.held.get(id);
      standing[held === undefined ? 'missing' : this.isAlive(held) ? 'alive' : 'ended'].push(id);
    }
    return standing;
  }

  /** Whether the last reading of the store succeeded. */
  get storeReachable(): boolean {
    return this.reachable;
  }

  private async revive(credential: string): Promise<Credential> {
    const before = this.held.get(credential)?.grant;
    let grant: AccessGrant | undefined;
    try {
      grant = await this.load(credential);
    } catch (error) {
      if (before !== undefined) throw ended(credential, error);
      throw new CredentialUnavailable(`credential ${credential} cannot be read at the moment`, {
        cause: error,
      });
    }
    if (grant === undefined) throw new CredentialMissing(`credential ${credential} is not connected`);
    const loaded = this.held.get(credential);
    if (loaded !== undefined && this.isAlive(loaded)) return loaded;
    if (grant.status === 'reauthorization_required' || grant.status === 'blocked_by_provider')
      throw new CredentialRevoked(`credential ${credential} needs to be authorized again`);
    // a refresh that is failing has its own back-off in the worker: waiting here would only pile requests up
    const newer =
      grant.status === 'refresh_failing' ? undefined : await this.newer.after(credential, grant.generation);
    if (newer === undefined || newer.expiresAt <= this.now()) throw ended(credential);
    return this.keep(newer);
  }

  private load(credential: string): Promise<AccessGrant | undefined> {
    const running = this.loading.get(credential);
    if (running !== undefined) return running;
    const loading = this.vault
      .readAccess(credential)
      .then((grant) => {
        if (grant === undefined) this.held.delete(credential);
        else this.keep(grant);
        return grant;
      })
      .finally(() => this.loading.delete(credential));
    this.loading.set(credential, loading);
    return loading;
  }

  private async preload(): Promise<void> {
    for (const grant of await this.vault.readAllAccess(this.options.most)) this.keep(grant);
    this.reachable = true;
  }

  private async heal(): Promise<void> {
    const ids = new Set([...this.wanted(), ...this.held.keys()]);
    const generations = await this.vault.generations([...ids]);
    this.reachable = true;
    for (const credential of ids) {
      const stored = generations.get(credential);
      const held = this.held.get(credential)?.grant?.generation;
      if (stored === undefined) this.held.delete(credential);
      else if (stored !== held) await this.load(credential);
    }
  }

  /** A reading that was overtaken by a newer generation changes nothing. */
  private keep(grant: AccessGrant): Credential {
    const held = this.held.get(grant.credential);
    if (held?.grant !== undefined && held.grant.generation > grant.generation) return held;
    const credential: Credential = { headers: ['authorization', `Bearer ${grant.accessToken}`], grant };
    setBounded(this.held, grant.credential, credential, this.options.most);
    return credential;
  }

  private newerThan(credential: string, generation: number): Credential | undefined {
    const held = this.held.get(credential);
    return held?.grant !== undefined && held.grant.generation > generation ? held : undefined;
  }

  private isAlive(credential: Credential): boolean {
    return credential.grant === undefined || credential.grant.expiresAt > this.now();
  }

  private isStale(credential: string, status: AccessGrant['status']): boolean {
    return this.held.get(credential)?.grant?.status !== status;
  }

  private complain(error: unknown): void {
    this.reachable = false;
    this.logger.warn({ reason: messageOf(error) }, 'credentials could not be read; serving those in memory');
  }
}

function ended(credential: string, cause?: unknown): Error {
  return new CredentialEnded(
    `the access token of credential ${credential} has ended and could not be refreshed yet`,
    {
      cause,
    },
  );
}
