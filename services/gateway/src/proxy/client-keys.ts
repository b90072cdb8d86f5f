import {
  CLIENT_KEY_EVENTS,
  type ClientKey,
  type ClientKeyChange,
  type ClientKeyStore,
} from '@muxgate/clients';
import { messageOf, type Logger } from '@muxgate/runtime';
import { ClientKeysUnavailable } from './errors.js';
import type { MaybePromise } from './when-ready.js';

/** The part of a Redis connection that pub/sub needs. */
export interface Subscriber {
  subscribe(channel: string): Promise<unknown>;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
}

export interface ClientKeysOptions {
  readonly rereadMs: number;
  /** bound of the wait for Redis on a key that is not in memory */
  readonly waitMs: number;
  readonly unknownMs: number;
  readonly maxKeys?: number;
}

const MAX_UNKNOWN = 1_000;

/**
 * Client keys by hash, in memory: filled at start, kept fresh by messages and, should one be lost, by reading
 * again every few seconds. A known key needs no Redis; an unknown one is looked up, and remembered as unknown
 * for a moment so that a client that keeps knocking does not reach Redis each time.
 */
export class ClientKeys {
  private known = new Map<string, ClientKey>();
  private readonly unknown = new Map<string, number>();
  private readonly loading = new Map<string, Promise<ClientKey | undefined>>();
  private timer: NodeJS.Timeout | undefined;
  /** counts changes, so that a slow reading never undoes a newer message */
  private changes = 0;

  constructor(
    private readonly store: Pick<ClientKeyStore, 'findByHash' | 'all'>,
    private readonly subscriber: Subscriber,
    private readonly options: ClientKeysOptions,
    private readonly logger: Logger,
    private readonly now: () => number = Date.now,
  ) {}

  /** Starts even without Redis: known keys then come with the first reading that succeeds. */
  async start(): Promise<void> {
    this.subscriber.on('message', (channel, message) => {
      if (channel === CLIENT_KEY_EVENTS) this.apply(message);
    });
    this.subscriber.subscribe(CLIENT_KEY_EVENTS).catch((error: unknown) => this.complain(error));
    await withDeadline(this.reread(), this.options.waitMs).catch((error: unknown) => this.complain(error));
    this.timer = setInterval(() => {
      this.reread().catch((error: unknown) => this.complain(error));
    }, this.options.rereadMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  get size(): number {
    return this.known.size;
  }

  /** @throws ClientKeysUnavailable if the key is not in memory and Redis does not say in time. */
  find(hash: string): MaybePromise<ClientKey | undefined> {
    const client = this.known.get(hash);
    if (client !== undefined) return client;
    const until = this.unknown.get(hash);
    if (until !== undefined && until > this.now()) return undefined;
    return this.loading.get(hash) ?? this.load(hash);
  }

  private load(hash: string): Promise<ClientKey | undefined> {
    const before = this.changes;
    const loading = withDeadline(this.store.findByHash(hash), this.options.waitMs)
      .then(
        (client) => {
          if (client === undefined) this.rememberUnknown(hash);
          else if (before === this.changes) this.known.set(hash, client);
          return client;
        },
        (error: unknown) => {
          throw new ClientKeysUnavailable('client keys cannot be checked at the moment', { cause: error });
        },
      )
      .finally(() => this.loading.delete(hash));
    this.loading.set(hash, loading);
    return loading;
  }

  private rememberUnknown(hash: string): void {
    if (this.unknown.size >= MAX_UNKNOWN) this.unknown.clear();
    this.unknown.set(hash, this.now() + this.options.unknownMs);
  }

  private apply(message: string): void {
    const { hash, change } = readChange(message);
    if (hash === undefined) return;
    this.changes++;
    this.unknown.delete(hash);
    if (change === 'revoked') this.known.delete(hash);
    else this.load(hash).catch((error: unknown) => this.complain(error));
  }

  private async reread(): Promise<void> {
    const before = this.changes;
    const all = await this.store.all(this.options.maxKeys ?? 50_000);
    if (before !== this.changes) return;
    this.known = new Map(all.map(({ hash, client }) => [hash, client]));
  }

  private complain(error: unknown): void {
    this.logger.warn({ reason: messageOf(error) }, 'client keys could not be read; serving those in memory');
  }
}

/** A message that cannot be read is as good as a lost one: the next reading heals it. */
function readChange(message: string): Partial<ClientKeyChange> {
  try {
    return JSON.parse(message) as ClientKeyChange;
  } catch {
    return {};
  }
}

function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
