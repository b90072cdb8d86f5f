import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { PRICE_LIST } from '@muxgate/pricing';
import type { Dimension, OverviewPoint, UsageSums } from '@muxgate/usage';
import { isoTime } from '../http/paging.js';

/** Nano-USD (10⁻⁹) → USD. */
export function usd(nanoUsd: number): number {
  return nanoUsd / 1e9;
}

type Sums = { [name in keyof UsageSumsView]: number };

/** What is added up of one group, or of all. */
export class UsageSumsView {
  @ApiProperty() requests!: number;
  @ApiProperty({ description: 'of them, answered with an error' }) errors!: number;
  @ApiProperty({ description: 'attempts that a provider billed, or may have' }) attempts!: number;
  @ApiProperty({ description: 'neither read from nor written to a prompt cache' }) inputTokens!: number;
  @ApiProperty() outputTokens!: number;
  @ApiProperty() cacheReadTokens!: number;
  @ApiProperty() cacheCreationTokens!: number;
  @ApiProperty({ description: 'a part of outputTokens' }) reasoningTokens!: number;
  @ApiProperty({ description: 'of all attempts whose price is known' }) costUsd!: number;
  @ApiProperty({ description: 'the same, exactly: whole nano-USD' }) costNanoUsd!: number;
  @ApiProperty({ description: 'attempts whose tokens the provider did not say' }) estimatedAttempts!: number;
  @ApiProperty({ description: 'the part of costUsd that rests on estimates' }) estimatedCostUsd!: number;
  @ApiProperty({ description: 'attempts whose price nobody knows' }) unpricedAttempts!: number;
}

export class UsageItemView extends UsageSumsView {
  @ApiPropertyOptional({ description: 'id of the client key' }) key?: string;
  @ApiPropertyOptional({ description: 'its name, while it is there' }) keyName?: string;
  @ApiPropertyOptional() team?: string;
  @ApiPropertyOptional() model?: string;
  @ApiPropertyOptional() provider?: string;
  @ApiPropertyOptional({ example: '2026-11-25' }) day?: string;
}

export class UsageTotalsView extends UsageSumsView {
  @ApiProperty({ description: 'share of attempts whose tokens are estimated, 0 to 1' })
  estimatedShare!: number;
}

class PriceListView {
  @ApiProperty() name!: string;
  @ApiProperty() version!: string;
  @ApiProperty({ format: 'date', description: 'when this version was published' }) date!: string;
}

export class UsageView {
  @ApiProperty({
    format: 'date-time',
    description: 'cut to the hour, or to the day where only days are kept',
  })
  from!: string;
  @ApiProperty({ format: 'date-time', description: 'exclusive' }) to!: string;
  @ApiProperty({ description: 'in which days begin and end' }) timeZone!: string;
  @ApiProperty({ type: [String] }) groupBy!: readonly string[];
  @ApiProperty({ type: [UsageItemView] }) items!: UsageItemView[];
  @ApiProperty({ type: UsageTotalsView }) totals!: UsageTotalsView;
  @ApiProperty({ type: PriceListView, description: 'what is charged where the configuration has no pricing' })
  priceList: PriceListView = PRICE_LIST;
}

export function sumsView(sums: UsageSums): Sums {
  const { costNanoUsd, estimatedCostNanoUsd, ...counts } = sums;
  return { ...counts, costUsd: usd(costNanoUsd), costNanoUsd, estimatedCostUsd: usd(estimatedCostNanoUsd) };
}

export function totalsView(sums: UsageSums): UsageTotalsView {
  const estimatedShare = sums.attempts === 0 ? 0 : sums.estimatedAttempts / sums.attempts;
  return { ...sumsView(sums), estimatedShare };
}

const COLUMNS = [
  'requests',
  'errors',
  'attempts',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheCreationTokens',
  'reasoningTokens',
  'costUsd',
  'estimatedAttempts',
  'estimatedCostUsd',
  'unpricedAttempts',
] as const satisfies readonly (keyof UsageSumsView)[];

/** RFC 4180: a line a group, without totals, so that a spreadsheet can add it up. */
export function usageCsv(items: readonly UsageItemView[], groupBy: readonly Dimension[]): string {
  const names = groupBy.flatMap((name) => (name === 'key' ? (['key', 'keyName'] as const) : [name]));
  const columns = [...names, ...COLUMNS];
  const lines = items.map((item) => columns.map((name) => csvField(item[name])).join(','));
  return [columns.join(','), ...lines, ''].join('\r\n');
}

/** A text that a spreadsheet would take for a formula begins with an apostrophe instead. */
function csvField(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export class OverviewPointView {
  @ApiProperty({ format: 'date-time', description: 'its beginning' }) at!: string;
  @ApiProperty() requests!: number;
  @ApiProperty() errors!: number;
  @ApiProperty() inputTokens!: number;
  @ApiProperty() outputTokens!: number;
  @ApiProperty() cacheReadTokens!: number;
  @ApiProperty() cacheCreationTokens!: number;
  @ApiProperty() costUsd!: number;
  @ApiPropertyOptional({ description: 'of whole requests; absent where there were none' }) p50Ms?: number;
  @ApiPropertyOptional() p95Ms?: number;
  @ApiPropertyOptional() p99Ms?: number;
}

export class OverviewView {
  @ApiProperty({ format: 'date-time' }) from!: string;
  @ApiProperty({ format: 'date-time' }) to!: string;
  @ApiProperty() stepSeconds!: number;
  @ApiProperty({ type: OverviewPointView }) totals!: OverviewPointView;
  @ApiProperty({ type: [OverviewPointView] }) series!: OverviewPointView[];
}

export function overviewPoint({ at, sums, ...percentiles }: OverviewPoint): OverviewPointView {
  const { requests, errors, inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens } = sums;
  const counts = { requests, errors, inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens };
  return { at: isoTime(at), ...counts, costUsd: usd(sums.costNanoUsd), ...percentiles };
}
