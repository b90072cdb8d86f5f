import { createHash } from 'node:crypto';
import type { RedisClient } from '@muxgate/redis';
import { laneKey } from './keys.js';
import { runScript, scripts } from './scripts.js';

export interface LanePlace {
  /** Whether a place was taken; else `waitMs` says for how long there will be none. */
  readonly taken: boolean;
  readonly waitMs: number;
}

/**
 * Spaces the token requests that go out under one client id, over all workers: a vendor that sees many accounts of
 * one client refreshed at the same moment may take it for abuse and revoke them together.
 */
export class Lane {
  constructor(private readonly redis: RedisClient) {}

  /** @param name what shares the spacing, such as token endpoint and client id */
  async enter(name: readonly string[], spacingMs: number, patienceMs: number): Promise<LanePlace> {
    const id = createHash('sha256').update(JSON.stringify(name)).digest('base64url').slice(0, 22);
    const [taken, waitMs] = (await runScript(
      this.redis,
      scripts.lane,
      [laneKey(id)],
      [spacingMs, patienceMs],
    )) as [number, number];
    return { taken: taken === 1, waitMs };
  }
}
