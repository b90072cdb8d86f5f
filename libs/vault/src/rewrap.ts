import type { RedisClient } from '@muxgate/redis';
import { open, seal } from './envelope.js';
import { runScript, scripts } from './scripts.js';
import { kidOf, ringOf, type SealedField, type SealedStore } from './sealed-stores.js';
import type { KeyRings } from './token-fields.js';

/** `raced`: it was written anew meanwhile, by someone who seals with his own first key. */
export type Rewrapped = 'rewrapped' | 'current' | 'raced' | 'unopened';

/** Seals what is at rest with the first key of its ring, whatever key of the ring it was sealed with. */
export class Rewrapper {
  constructor(
    private readonly redis: RedisClient,
    private readonly rings: KeyRings,
  ) {}

  async rewrap(store: SealedStore, id: string): Promise<Rewrapped[]> {
    const fields = await store.read(this.redis, id);
    return Promise.all(fields.map((field) => this.rewrapField(field)));
  }

  /** A compare-and-set on the envelope itself: neither a refresh nor a new login can lose against it. */
  private async rewrapField({ ring: name, key, field, envelope, context }: SealedField): Promise<Rewrapped> {
    const ring = ringOf(this.rings, name);
    if (kidOf(envelope) === ring.primary) return 'current';
    let next: string;
    try {
      next = seal(ring, open(ring, envelope, context), context);
    } catch {
      return 'unopened';
    }
    const swapped = await runScript(this.redis, scripts.swapSealed, [key], [field, envelope, next]);
    return swapped === 1 ? 'rewrapped' : 'raced';
  }
}
