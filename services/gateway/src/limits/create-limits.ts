import { randomBytes } from 'node:crypto';
import type { EventPublisher } from '@muxgate/events';
import { LimitStore, LocalLimits } from '@muxgate/limits';
import type { PriceBook } from '@muxgate/pricing';
import type { RedisClient } from '@muxgate/redis';
import type { Logger } from '@muxgate/runtime';
import type { Registry } from 'prom-client';
import type { GatewayTuning } from '../tuning.js';
import { BudgetNotices } from './budget-notices.js';
import { Limits } from './limits.js';
import { createLimitsMetrics } from './limits.metrics.js';
import { SharedLimits } from './shared-limits.js';

export interface LimitsParts {
  readonly redis: RedisClient;
  readonly prices: PriceBook;
  readonly events: Pick<EventPublisher, 'publish'>;
  readonly registry: Registry;
  readonly tuning: GatewayTuning;
  readonly logger: Logger;
}

export function createLimits({ redis, prices, events, registry, tuning, logger }: LimitsParts): Limits {
  const { limitWindowMs: spanMs, replicaLifeMs: lifeMs, heartbeatMs, limitsWaitMs: waitMs } = tuning;
  const replica = randomBytes(9).toString('base64url');
  const store = new LimitStore(redis, { replica, lifeMs, spanMs });
  const shared = new SharedLimits(store, { heartbeatMs, waitMs }, logger);
  const metrics = createLimitsMetrics(registry, () => shared.isAway);
  const notices = new BudgetNotices(events, logger);
  return new Limits(shared, new LocalLimits(spanMs), prices, notices, metrics, spanMs);
}
