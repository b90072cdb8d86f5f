import type { RedisClient } from '@muxgate/redis';
import type { Logger } from '@muxgate/runtime';
import { CREDENTIAL_EVENTS } from './keys.js';
import type { CredentialStatus } from './record.js';

export interface CredentialChange {
  readonly credential: string;
  readonly generation: number;
  readonly status: CredentialStatus | 'removed';
}

type Listener = (change: CredentialChange) => void;

/**
 * Changes as they happen. Pub/sub forgets what nobody heard, so a listener that must not miss any also re-reads
 * (`AccessVault.generations`) every few seconds.
 */
export class VaultEvents {
  private readonly listeners = new Set<Listener>();

  /** @param subscriber a connection of its own, in the role `subscriber`; closed by `close` */
  constructor(
    private readonly subscriber: RedisClient,
    private readonly logger: Logger,
  ) {}

  onChange(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves once subscribed; the connection subscribes again by itself after an outage. */
  async start(): Promise<void> {
    this.subscriber.on('message', (channel: string, message: string) => {
      if (channel === CREDENTIAL_EVENTS) this.hear(message);
    });
    await this.subscriber.subscribe(CREDENTIAL_EVENTS);
  }

  close(): void {
    this.listeners.clear();
    this.subscriber.disconnect();
  }

  private hear(message: string): void {
    const change = parseChange(message);
    if (change === undefined) {
      this.logger.warn('a credential event could not be read');
      return;
    }
    for (const listener of this.listeners) listener(change);
  }
}

/** Undefined for a message that cannot be read. */
export function parseChange(message: string): CredentialChange | undefined {
  try {
    const change = JSON.parse(message) as CredentialChange;
    return typeof change.credential === 'string' && typeof change.generation === 'number'
      ? change
      : undefined;
  } catch {
    return undefined;
  }
}
