import { ApiProperty } from '@nestjs/swagger';
import type { BudgetConfig, ConfigSource } from '@muxgate/config';
import { budgetScope, budgetsSpent, NANO_USD, periodAt } from '@muxgate/limits';
import type { RedisClient } from '@muxgate/redis';
import { isoTime } from '../http/paging.js';
import { BudgetBody } from './limits.body.js';

/** A budget and where it stands; what is in flight is not spent yet. */
export class BudgetView extends BudgetBody {
  @ApiProperty({ description: 'USD in this period' }) spent!: number;
  @ApiProperty({ description: 'USD in this period; never below 0' }) remaining!: number;
  @ApiProperty({ format: 'date-time' }) resetsAt!: string;
}

export class BudgetStates {
  constructor(
    private readonly redis: RedisClient,
    private readonly config: ConfigSource,
    private readonly now: () => number = Date.now,
  ) {}

  async of(of: 'key' | 'team', subject: string, budget: BudgetConfig): Promise<BudgetView> {
    const { timeZone } = this.config.current().clients;
    const period = periodAt(budget.period, timeZone, this.now());
    const scope = budgetScope(of, subject, period, budget.period);
    const spent = ((await budgetsSpent(this.redis, [scope])).get(scope) ?? 0) / NANO_USD;
    const remaining = Math.max(0, budget.usd - spent);
    return { ...budget, spent, remaining, resetsAt: isoTime(period.end) };
  }
}
