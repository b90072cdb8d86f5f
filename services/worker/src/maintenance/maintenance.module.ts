import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Module, type DynamicModule } from '@nestjs/common';
import { AuditLog, AuditTrail } from '@muxgate/audit';
import type { ConfigSource } from '@muxgate/config';
import type { RedisClient } from '@muxgate/redis';
import { MAINTENANCE_QUEUE, MaintenanceQueue, QUEUE_PREFIX } from '@muxgate/refresh-queue';
import type { Logger } from '@muxgate/runtime';
import { CredentialVault, Rewrapper, RewrapProgress, type KeyRings } from '@muxgate/vault';
import type { Queue } from 'bullmq';
import type { MaintenanceMetrics } from './maintenance.metrics.js';
import { MaintenanceProcessor } from './maintenance.processor.js';
import { ReapByPolicy } from './reap-by-policy.js';
import { RewrapVault } from './rewrap-vault.js';

export interface MaintenanceParts {
  readonly config: ConfigSource;
  readonly redis: RedisClient;
  readonly queueRedis: RedisClient;
  readonly rings: KeyRings;
  readonly maintenanceMetrics: MaintenanceMetrics;
  readonly logger: Logger;
}

/** What is done to the vault as a whole, beside the refreshes. */
@Module({})
export class MaintenanceModule {
  static of({
    config,
    redis,
    queueRedis,
    rings,
    maintenanceMetrics,
    logger,
  }: MaintenanceParts): DynamicModule {
    const trail = new AuditTrail(new AuditLog(redis), logger);
    const vault = new CredentialVault(redis, rings);
    const processor = new MaintenanceProcessor(
      new RewrapVault(
        redis,
        new Rewrapper(redis, rings),
        new RewrapProgress(redis),
        maintenanceMetrics,
        logger,
      ),
      new ReapByPolicy(vault, config, trail, maintenanceMetrics, logger),
      logger,
    );
    return {
      module: MaintenanceModule,
      imports: [
        BullModule.registerQueue({ name: MAINTENANCE_QUEUE, connection: queueRedis, prefix: QUEUE_PREFIX }),
      ],
      providers: [
        { provide: MaintenanceProcessor, useValue: processor },
        {
          provide: MaintenanceQueue,
          inject: [getQueueToken(MAINTENANCE_QUEUE)],
          useFactory: (queue: Queue) => new MaintenanceQueue(queue),
        },
      ],
      exports: [MaintenanceQueue],
    };
  }
}
