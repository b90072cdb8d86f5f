import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigSource } from '@muxgate/config';
import type { PriceBook } from '@muxgate/pricing';
import type { RedisClient, RedisSettings } from '@muxgate/redis';
import { messageOf, type Logger } from '@muxgate/runtime';
import { UsageWriter } from '@muxgate/usage';
import type { Registry } from 'prom-client';
import { inheritSpools } from './inherit-spools.js';
import { Spool } from './spool.js';
import { Tallies } from './tallies.js';
import { UsageLedger, type LedgerSettings } from './usage-ledger.js';
import { createUsageMetrics } from './usage.metrics.js';

const INHERIT_EVERY_MS = 10_000;
/** How often the ledger hears of streams that are open: what a kill makes an estimate miss. */
const CHECKPOINT_MS = 250;
const LAST_WRITE_MS = 5_000;

export interface UsageAccountsParts {
  readonly redis: RedisClient;
  readonly redisSettings: RedisSettings;
  readonly directory: string | undefined;
  readonly config: ConfigSource;
  readonly prices: PriceBook;
  readonly registry: Registry;
  readonly logger: Logger;
}

/** The ledger with what surrounds it: its spool, the counters of Prometheus, and what others have left. */
export class UsageAccounts {
  readonly prices: PriceBook;
  readonly tallies: Tallies;
  readonly ledger: UsageLedger;
  private readonly writer: UsageWriter;
  private readonly spool: Spool;
  private readonly directory: string;
  private readonly timers: NodeJS.Timeout[] = [];
  private inheriting: Promise<void> | undefined;

  constructor(private readonly parts: UsageAccountsParts) {
    const { redis, config, registry, logger } = parts;
    this.prices = parts.prices;
    this.directory = join(
      parts.directory ?? join(tmpdir(), 'muxgate-usage'),
      fingerprint(parts.redisSettings),
    );
    this.writer = new UsageWriter(redis);
    this.spool = new Spool(this.directory, logger);
    const metrics = createUsageMetrics(registry, () => this.ledger.waitingBatches);
    this.tallies = new Tallies(registry, () => this.ledger.scraped());
    this.ledger = new UsageLedger(
      this.writer,
      this.spool,
      () => settingsOf(config),
      (kind) => metrics.dropped.inc({ kind }),
      () => this.tallies.unseen(),
      logger,
    );
  }

  /** `checkpoint` tells the ledger of the streams that are open. */
  async start(checkpoint: () => void): Promise<void> {
    const { prices, config, logger } = this.parts;
    prices.prepare(config.current());
    config.onChange((next) => prices.prepare(next));
    this.ledger.start();
    this.timers.push(setInterval(checkpoint, CHECKPOINT_MS).unref());
    this.timers.push(setInterval(() => this.inherit(), INHERIT_EVERY_MS).unref());
    this.inherit();
    await this.inheriting?.catch((error: unknown) =>
      logger.warn({ reason: messageOf(error) }, 'spools wait'),
    );
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.inheriting;
    await this.ledger.stop(LAST_WRITE_MS);
  }

  private inherit(): void {
    const { config, logger } = this.parts;
    this.inheriting ??= inheritSpools({
      directory: this.directory,
      own: this.spool.name,
      writer: this.writer,
      settings: () => settingsOf(config),
      count: (event) => this.tallies.add(event),
      logger,
    }).finally(() => {
      this.inheriting = undefined;
    });
  }
}

function settingsOf(config: ConfigSource): LedgerSettings {
  const { clients, usage } = config.current();
  return { timeZone: clients.timeZone, maxRows: usage.requestRows };
}

/** Two installations on one machine do not inherit from each other. */
function fingerprint({ password: _password, ...settings }: RedisSettings): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 12);
}
