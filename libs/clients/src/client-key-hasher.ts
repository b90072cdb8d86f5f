import { createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { open, seal, type EnvelopeContext, type KeyRing } from '@muxgate/vault';
import type { Cluster, Redis } from 'ioredis';
import { HASH_SECRET } from './keys.js';

const CONTEXT: EnvelopeContext = {
  purpose: 'client-keys',
  credential: 'client-keys',
  provider: 'muxgate',
  generation: 0,
};

/** Callers send the same few keys again and again, and an HMAC costs a small request a twentieth of its time. */
const MAX_REMEMBERED = 10_000;

/**
 * Turns the SHA-256 of a client key into the hash it is stored by: HMAC-SHA-256 under a secret that is made once and
 * kept in Redis, sealed by the access key ring. Who reads Redis without the ring can test no guess.
 */
export class ClientKeyHasher {
  private sealed: string | undefined;
  private secret: KeyObject | undefined;
  private readonly remembered = new Map<string, string>();

  constructor(
    private readonly redis: Redis | Cluster,
    private readonly ring: KeyRing,
  ) {}

  get isReady(): boolean {
    return this.secret !== undefined;
  }

  /**
   * Reads the secret unless it is the one known; makes it where there is none, and seals it anew where the ring has
   * another primary key.
   *
   * @throws EnvelopeInvalid where the ring does not hold the key that sealed it
   */
  async load(): Promise<void> {
    const sealed = await this.redis.get(HASH_SECRET);
    if (sealed !== null) return this.use(sealed);
    const made = seal(this.ring, randomBytes(32).toString('base64'), CONTEXT);
    await this.redis.set(HASH_SECRET, made, 'NX');
    await this.use((await this.redis.get(HASH_SECRET)) ?? made);
  }

  /** Of a hash that {@link hashClientKey} made; only once the secret is loaded. */
  hash(sha256: string): string {
    if (this.secret === undefined) throw new Error('the secret of client keys is not loaded');
    let hash = this.remembered.get(sha256);
    if (hash === undefined) {
      if (this.remembered.size >= MAX_REMEMBERED) this.remembered.clear();
      hash = createHmac('sha256', this.secret).update(sha256).digest('hex');
      this.remembered.set(sha256, hash);
    }
    return hash;
  }

  private async use(sealed: string): Promise<void> {
    if (sealed === this.sealed) return;
    const text = open(this.ring, sealed, CONTEXT);
    this.secret = createSecretKey(text, 'base64');
    this.remembered.clear();
    this.sealed = sealed;
    if (sealed.split('.')[1] === this.ring.primary) return;
    this.sealed = seal(this.ring, text, CONTEXT);
    await this.redis.set(HASH_SECRET, this.sealed);
  }
}
