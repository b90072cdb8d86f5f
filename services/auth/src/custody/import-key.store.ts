import type { RedisClient } from '@muxgate/redis';
import { open, seal, type EnvelopeContext, type KeyRing } from '@muxgate/vault';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type CryptoKey,
  type JWK,
} from 'jose';
import { ImportKeyUnknown } from './custody.errors.js';
import { KEY_MANAGEMENT } from './recipient.js';

const KEY = 'muxgate:import-key';
const LIFE_MS = 24 * 3_600_000;
const CONTEXT: EnvelopeContext = {
  purpose: 'import-key',
  credential: 'import-key',
  provider: '',
  generation: 0,
};

export interface ImportKey {
  readonly publicKey: JWK;
  /** Epoch ms. */
  readonly expiresAt: number;
}

/** The key that others seal to when they send credentials here; its private half rests sealed, and for a day only. */
export class ImportKeyStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly refreshRing: KeyRing,
    private readonly now: () => number = Date.now,
  ) {}

  /** Makes one where there is none; asking for it keeps it for another day. */
  async current(): Promise<ImportKey> {
    const stored = (await this.privateKey()) ?? (await this.create());
    await this.redis.pexpire(KEY, LIFE_MS);
    const { kty, crv, x, y, kid } = stored;
    return { publicKey: { kty, crv, x, y, kid } as JWK, expiresAt: this.now() + LIFE_MS };
  }

  /** @throws ImportKeyUnknown */
  async open(): Promise<CryptoKey> {
    const jwk = await this.privateKey();
    if (jwk === undefined)
      throw new ImportKeyUnknown('There is no import key any more: ask for one, and seal to that.');
    return (await importJWK(jwk, KEY_MANAGEMENT)) as CryptoKey;
  }

  /** One that was sealed by a key that has left the ring is as good as none. */
  private async privateKey(): Promise<JWK | undefined> {
    const sealed = await this.redis.get(KEY);
    if (sealed === null) return undefined;
    try {
      return JSON.parse(open(this.refreshRing, sealed, CONTEXT)) as JWK;
    } catch {
      return undefined;
    }
  }

  private async create(): Promise<JWK> {
    const { privateKey } = await generateKeyPair(KEY_MANAGEMENT, { crv: 'P-256', extractable: true });
    const jwk = await exportJWK(privateKey);
    const whole = { ...jwk, kid: await calculateJwkThumbprint(jwk) };
    await this.redis.set(KEY, seal(this.refreshRing, JSON.stringify(whole), CONTEXT), 'PX', LIFE_MS);
    // Of two that were made at once the last is the one that holds.
    return (await this.privateKey()) ?? whole;
  }
}
