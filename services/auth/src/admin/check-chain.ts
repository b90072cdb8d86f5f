import { verifyChain, type AuditLog, type ChainReport } from '@muxgate/audit';
import type { RedisClient } from '@muxgate/redis';

/** One walk for all who ask while it is under way: it reads the whole log. */
export class CheckChain {
  private walking: Promise<ChainReport> | undefined;

  constructor(
    private readonly redis: RedisClient,
    private readonly log: AuditLog,
  ) {}

  run(): Promise<ChainReport> {
    this.walking ??= verifyChain(this.redis, this.log.newestSeen).finally(() => {
      this.walking = undefined;
    });
    return this.walking;
  }
}
