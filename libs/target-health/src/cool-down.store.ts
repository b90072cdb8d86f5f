import type { RedisClient } from '@muxgate/redis';
import { coolDownKey, type CoolDown, type CoolDownPlace } from './cool-down.js';

/** Pub/sub: `{ set: CoolDown }` or `{ cleared: CoolDownPlace }` as JSON. */
export const TARGET_EVENTS = 'muxgate:events:target';
const COOL_DOWNS = 'muxgate:cooldowns';

/** How long one that has ended is still of use: it tells how often the target has failed in a row. */
const KEPT_MS = 600_000;

export type TargetEvent = { readonly set: CoolDown } | { readonly cleared: CoolDownPlace };

/** What replicas tell one another about targets. Hints: each replica decides by what it has in memory. */
export class CoolDownStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly now: () => number = Date.now,
  ) {}

  async set(coolDown: CoolDown): Promise<void> {
    await this.redis.hset(COOL_DOWNS, coolDownKey(coolDown), JSON.stringify(coolDown));
    await this.announce({ set: coolDown });
  }

  async clear(place: CoolDownPlace): Promise<void> {
    await this.redis.hdel(COOL_DOWNS, coolDownKey(place));
    await this.announce({ cleared: place });
  }

  /** Ends every cool-down of a provider, in every replica; answers how many there were. */
  async clearProvider(provider: string): Promise<number> {
    const all = (await this.all()).filter((coolDown) => coolDown.provider === provider);
    for (const coolDown of all) await this.clear(coolDown);
    return all.length;
  }

  /** Also those that ended a short while ago; older ones are forgotten in passing. */
  async all(): Promise<CoolDown[]> {
    const stored = await this.redis.hgetall(COOL_DOWNS);
    const kept: CoolDown[] = [];
    for (const [key, text] of Object.entries(stored)) {
      const coolDown = parse<CoolDown>(text);
      if (coolDown !== undefined && coolDown.until + KEPT_MS > this.now()) kept.push(coolDown);
      else await this.redis.hdel(COOL_DOWNS, key);
    }
    return kept;
  }

  private async announce(event: TargetEvent): Promise<void> {
    await this.redis.publish(TARGET_EVENTS, JSON.stringify(event));
  }
}

/** Undefined for what cannot be read: the next reading of the store heals a lost message. */
export function readTargetEvent(message: string): TargetEvent | undefined {
  const event = parse<TargetEvent>(message);
  return event !== undefined && ('set' in event || 'cleared' in event) ? event : undefined;
}

function parse<T extends object>(text: string): T | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
