import { messageOf, type Logger } from '@muxgate/runtime';
import { parseChange, STORED_KEY_EVENTS, type CredentialChange, type StoredKeys } from '@muxgate/vault';
import type { Subscriber } from './client-keys.js';
import { keyCredential, type Credential } from './credential.js';
import { CredentialMissing, CredentialUnavailable } from './errors.js';
import { setBounded } from './set-bounded.js';
import type { MaybePromise } from './when-ready.js';

export interface StoredKeySourceOptions {
  readonly rereadMs: number;
  /** held in memory; beyond it, those read longest ago are read again when they are needed */
  readonly most: number;
}

/** A key in memory, dressed for each header that a provider wants it in. */
interface Held {
  readonly generation: number;
  readonly value: string;
  readonly dressed: Map<string, Credential>;
}

/**
 * Stored API keys from memory: loaded when first needed, replaced when a message says so and, should one be lost, when
 * the generations read every few seconds differ. Redis may be away for as long as it likes.
 */
export class StoredKeySource {
  private readonly held = new Map<string, Held>();
  private readonly loading = new Map<string, Promise<Held | undefined>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: Pick<StoredKeys, 'read' | 'generations'>,
    private readonly subscriber: Subscriber,
    private readonly wanted: () => string[],
    private readonly options: StoredKeySourceOptions,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    this.subscriber.on('message', (channel, message) => {
      const change = channel === STORED_KEY_EVENTS ? parseChange(message) : undefined;
      if (change !== undefined) this.hear(change);
    });
    this.subscriber.subscribe(STORED_KEY_EVENTS).catch((error: unknown) => this.complain(error));
    await this.heal().catch((error: unknown) => this.complain(error));
    this.timer = setInterval(() => {
      this.heal().catch((error: unknown) => this.complain(error));
    }, this.options.rereadMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** The key in this header. @throws CredentialMissing, CredentialUnavailable */
  of(credential: string, header: string): MaybePromise<Credential> {
    const held = this.held.get(credential);
    return held === undefined ? this.fetch(credential, header) : dress(held, header);
  }

  /** How those that the configuration needs stand, by what is in memory. */
  standing(): { alive: string[]; missing: string[] } {
    const ids = this.wanted();
    return {
      alive: ids.filter((id) => this.held.has(id)),
      missing: ids.filter((id) => !this.held.has(id)),
    };
  }

  private async fetch(credential: string, header: string): Promise<Credential> {
    let held: Held | undefined;
    try {
      held = await this.load(credential);
    } catch (error) {
      throw new CredentialUnavailable(`stored key ${credential} cannot be read at the moment`, {
        cause: error,
      });
    }
    if (held === undefined) throw new CredentialMissing(`stored key ${credential} is not there`);
    return dress(held, header);
  }

  /** A reading under way may have come before the change, so another one follows it. */
  private hear({ credential, generation, status }: CredentialChange): void {
    const held = this.held.get(credential);
    const running = this.loading.get(credential);
    if (status === 'removed' && held !== undefined && held.generation < generation)
      this.held.delete(credential);
    if (running !== undefined)
      running.catch(() => undefined).finally(() => this.reload(credential, generation));
    else if (status !== 'removed' && held !== undefined) this.reload(credential, generation);
  }

  private reload(credential: string, generation: number): void {
    if (this.held.get(credential)?.generation === generation) return;
    this.load(credential).catch((error: unknown) => this.complain(error));
  }

  private load(credential: string): Promise<Held | undefined> {
    const running = this.loading.get(credential);
    if (running !== undefined) return running;
    const loading = this.store
      .read(credential)
      .then((stored) => {
        if (stored === undefined) {
          this.held.delete(credential);
          return undefined;
        }
        const held = { generation: stored.generation, value: stored.value, dressed: new Map() };
        setBounded(this.held, credential, held, this.options.most);
        return held;
      })
      .finally(() => this.loading.delete(credential));
    this.loading.set(credential, loading);
    return loading;
  }

  private async heal(): Promise<void> {
    const ids = [...new Set([...this.wanted(), ...this.held.keys()])];
    const generations = await this.store.generations(ids);
    for (const id of ids) {
      const stored = generations.get(id);
      if (stored === undefined) this.held.delete(id);
      else if (stored !== this.held.get(id)?.generation) await this.load(id);
    }
  }

  private complain(error: unknown): void {
    this.logger.warn({ reason: messageOf(error) }, 'stored keys could not be read; serving those in memory');
  }
}

function dress(held: Held, header: string): Credential {
  let credential = held.dressed.get(header);
  if (credential === undefined) held.dressed.set(header, (credential = keyCredential(header, held.value)));
  return credential;
}
