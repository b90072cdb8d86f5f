import type { RedisClient } from '@muxgate/redis';
import { countKeyUse, readKeyAges, ringOf, type KeyRings, type RingName } from '@muxgate/vault';
import { isoTime } from '../http/paging.js';
import type { KeysView, RingView } from './vault.view.js';

/** The rings of this process beside what Redis holds. */
export class KeyUseReader {
  constructor(
    private readonly redis: RedisClient,
    private readonly rings: KeyRings,
  ) {}

  async read(): Promise<KeysView> {
    const [use, sinceOf] = await Promise.all([countKeyUse(this.redis), readKeyAges(this.redis)]);
    const view = (name: RingName): RingView => {
      const ring = ringOf(this.rings, name);
      const kids = [...new Set([...ring.kids, ...use[name].keys()])];
      const keys = kids.map((kid) => {
        const since = sinceOf(name, kid);
        return {
          kid,
          seals: kid === ring.primary,
          held: ring.key(kid) !== undefined,
          envelopes: use[name].get(kid) ?? 0,
          ...(since === undefined ? {} : { since: isoTime(since) }),
        };
      });
      return { keys };
    };
    return { access: view('access'), refresh: view('refresh') };
  }
}
