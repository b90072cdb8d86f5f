import { messageOf, type Logger } from '@muxgate/runtime';
import { readTargetEvent, TARGET_EVENTS, type CoolDownStore, type TargetEvent } from '@muxgate/target-health';
import type { Subscriber } from '../proxy/client-keys.js';
import type { TargetHealth } from './target-health.js';

/**
 * Keeps the replicas' views of targets together, in the background: what one learns it tells, what others tell it
 * takes over. Nothing waits for it; without Redis each replica learns by itself.
 */
export class SharedHealth {
  readonly health: TargetHealth;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    create: (tell: (event: TargetEvent) => void) => TargetHealth,
    private readonly store: Pick<CoolDownStore, 'set' | 'clear' | 'all'>,
    private readonly subscriber: Subscriber,
    private readonly options: { readonly rereadMs: number },
    private readonly logger: Logger,
  ) {
    this.health = create((event) => this.tell(event));
  }

  start(): void {
    this.subscriber.on('message', (channel, message) => {
      const event = channel === TARGET_EVENTS ? readTargetEvent(message) : undefined;
      if (event !== undefined) this.health.hear(event);
    });
    this.subscriber.subscribe(TARGET_EVENTS).catch((error: unknown) => this.complain(error));
    this.reread();
    this.timer = setInterval(() => this.reread(), this.options.rereadMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tell(event: TargetEvent): void {
    const told = 'set' in event ? this.store.set(event.set) : this.store.clear(event.cleared);
    told.catch((error: unknown) => this.complain(error));
  }

  private reread(): void {
    this.store
      .all()
      .then((all) => {
        for (const set of all) this.health.hear({ set });
      })
      .catch((error: unknown) => this.complain(error));
  }

  private complain(error: unknown): void {
    this.logger.debug(
      { reason: messageOf(error) },
      'cool-downs could not be shared; each gateway has its own',
    );
  }
}
