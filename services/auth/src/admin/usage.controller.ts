import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { ConfigSource } from '@muxgate/config';
import {
  dayOf,
  dayStart,
  DIMENSIONS,
  OverviewReader,
  UsageReader,
  type Dimension,
  type UsageAnswer,
} from '@muxgate/usage';
import { Transform, Type } from 'class-transformer';
import { ArrayUnique, IsIn, IsInt, IsISO8601, IsOptional, Max, Min } from 'class-validator';
import type { Response } from 'express';
import { isoTime } from '../http/paging.js';
import { rangeMistake, timeRange } from '../http/time-range.js';
import { ClientKeyNotFound, UsageTooFine } from './admin.errors.js';
import { Needs } from './admin.guard.js';
import { ClientDirectory } from './client-directory.js';
import {
  OverviewView,
  overviewPoint,
  sumsView,
  totalsView,
  usageCsv,
  UsageView,
  type UsageItemView,
} from './usage.view.js';

const MAX_GROUPS = 20_000;
const MAX_DAYS = 1_100;
const DEFAULT_DAYS = 30;
const DAY_MS = 24 * 3_600_000;

class UsageQuery {
  @ApiPropertyOptional({
    description: 'a day or a time (ISO 8601); default: 30 days ago',
    example: '2026-11-01',
  })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  from?: string;

  @ApiPropertyOptional({
    description: 'a day, which is included, or a time; default: now',
    example: '2026-11-30',
  })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  to?: string;

  @ApiPropertyOptional({
    description: 'any of key, team, model, provider, day, with commas between',
    example: 'team,day',
  })
  @IsOptional()
  @Transform(({ value }) => (typeof value === 'string' ? value.split(',') : value) as unknown)
  @IsIn(DIMENSIONS, { each: true })
  @ArrayUnique()
  groupBy: Dimension[] = [];

  @ApiPropertyOptional({ enum: ['json', 'csv'], description: 'before what `accept` says' })
  @IsOptional()
  @IsIn(['json', 'csv'])
  format?: 'json' | 'csv';
}

class OverviewQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: 24, default: 1 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(24)
  hours: number = 1;
}

/** What was used and what it cost. */
@ApiTags('usage')
@Controller('api')
export class UsageController {
  constructor(
    private readonly reader: UsageReader,
    private readonly overviews: OverviewReader,
    private readonly clients: ClientDirectory,
    private readonly config: ConfigSource,
  ) {}

  @Get('usage')
  @Needs('viewer')
  @ApiOperation({ summary: 'Requests, tokens and cost, added up by key, team, model, provider and day' })
  @ApiOkResponse({ type: UsageView, description: 'or `text/csv`, where `accept` or `format` asks for it' })
  async usage(
    @Query() query: UsageQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UsageView | string> {
    const { timeZone } = this.config.current().clients;
    const { groupBy } = query;
    const range = rangeOf(query, timeZone, Date.now());
    const answer = await this.reader.query({ ...range, groupBy, timeZone, maxGroups: MAX_GROUPS });
    if (answer === undefined)
      throw new UsageTooFine(
        `This would be more than ${MAX_GROUPS} groups; ask for fewer days or dimensions.`,
      );
    const items = await this.itemsOf(answer, groupBy);
    if (query.format === 'csv' || (query.format === undefined && /^text\/csv\b/.test(accept ?? ''))) {
      response.type('text/csv; charset=utf-8');
      response.set('content-disposition', 'attachment; filename="usage.csv"');
      return usageCsv(items, groupBy);
    }
    const [from, to] = [isoTime(answer.from), isoTime(answer.to)];
    return Object.assign(new UsageView(), {
      from,
      to,
      timeZone,
      groupBy,
      items,
      totals: totalsView(answer.totals),
    });
  }

  @Get('overview')
  @Needs('viewer')
  @ApiOperation({ summary: 'The last hours in sixty points: requests, errors, tokens, cost, latencies' })
  @ApiOkResponse({ type: OverviewView })
  async overview(@Query() { hours }: OverviewQuery): Promise<OverviewView> {
    const { from, to, stepSeconds, totals, series } = await this.overviews.last(hours);
    return {
      from: isoTime(from),
      to: isoTime(to),
      stepSeconds,
      totals: overviewPoint(totals),
      series: series.map(overviewPoint),
    };
  }

  /** Undefined for a key that is gone; its usage is not. */
  private async nameOf(id: string): Promise<string | undefined> {
    try {
      return (await this.clients.key(id)).name;
    } catch (error) {
      if (error instanceof ClientKeyNotFound) return undefined;
      throw error;
    }
  }

  /** Sorted by group, so that two answers can be compared. */
  private async itemsOf({ items }: UsageAnswer, groupBy: readonly Dimension[]): Promise<UsageItemView[]> {
    const names = new Map<string, string>();
    if (groupBy.includes('key'))
      await Promise.all(
        [...new Set(items.map(({ group }) => group.key ?? ''))].map(async (id) => {
          const name = await this.nameOf(id);
          if (name !== undefined) names.set(id, name);
        }),
      );
    const order = ({ group }: UsageAnswer['items'][number]): string =>
      [group.day, group.team, group.key, group.model, group.provider].join('\0');
    return items
      .toSorted((one, other) => (order(one) < order(other) ? -1 : 1))
      .map(({ group, sums }) => {
        const keyName = names.get(group.key ?? '');
        return { ...group, ...(keyName === undefined ? {} : { keyName }), ...sumsView(sums) };
      });
  }
}

function rangeOf(query: UsageQuery, timeZone: string, now: number): { from: number; to: number } {
  const { from = dayStart(dayOf(now - DEFAULT_DAYS * DAY_MS, timeZone), timeZone), to = now } = timeRange(
    query,
    timeZone,
  );
  if (to <= from) throw rangeMistake('to', 'must be later than from');
  if (to - from > MAX_DAYS * DAY_MS) throw rangeMistake('from', `must be at most ${MAX_DAYS} days before to`);
  return { from, to };
}
