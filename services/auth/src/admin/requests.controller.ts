import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { ConfigSource } from '@muxgate/config';
import { LOG_ID, RequestLog, type LoggedRequest } from '@muxgate/usage';
import { IsISO8601, IsOptional, IsString, Length, Matches } from 'class-validator';
import { ApiPage, isoTime, mapPage, PageQuery, type Page } from '../http/paging.js';
import { timeRange } from '../http/time-range.js';
import { RequestUnknown } from './admin.errors.js';
import { Needs } from './admin.guard.js';
import { usd } from './usage.view.js';

class RequestsQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'ended since: a day or a time (ISO 8601)', example: '2026-11-01' })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  from?: string;

  @ApiPropertyOptional({
    description: 'ended before: a day, which is included, or a time',
    example: '2026-11-30T12:00:00Z',
  })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  to?: string;

  @ApiPropertyOptional({ description: 'id of the client key' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  key?: string;
  @ApiPropertyOptional() @IsOptional() @IsString() @Length(1, 200) team?: string;
  @ApiPropertyOptional() @IsOptional() @IsString() @Length(1, 200) model?: string;
  @ApiPropertyOptional() @IsOptional() @IsString() @Length(1, 200) provider?: string;
  @ApiPropertyOptional({ example: 'anthropic-messages' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  surface?: string;
  @ApiPropertyOptional({ example: 'chat' }) @IsOptional() @IsString() @Length(1, 200) operation?: string;
  @ApiPropertyOptional({ example: 'client_gone' }) @IsOptional() @IsString() @Length(1, 200) outcome?: string;

  @ApiPropertyOptional({ description: 'a status or a class of them', example: '5xx' })
  @IsOptional()
  @Matches(/^[1-5](\d\d|xx)$/, { message: 'status must be a status such as 429, or a class such as 5xx' })
  status?: string;

  @ApiPropertyOptional({ description: 'a part of an id or a name' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  q?: string;
}

class RequestView {
  @ApiProperty({ description: 'its place in the log' }) id!: string;
  @ApiProperty({ description: 'as `x-request-id` had it' }) requestId!: string;
  @ApiProperty({ format: 'date-time' }) startedAt!: string;
  @ApiProperty({ format: 'date-time' }) endedAt!: string;
  @ApiProperty({ description: 'id of the client key' }) key!: string;
  @ApiProperty() keyName!: string;
  @ApiProperty() team!: string;
  @ApiProperty({ description: 'the API protocol that the client spoke' }) surface!: string;
  @ApiProperty({ description: '`chat` or `count_tokens`' }) operation!: string;
  @ApiProperty({ description: 'as the client asked for it' }) requestedModel!: string;
  @ApiProperty() model!: string;
  @ApiProperty() provider!: string;
  @ApiProperty() rule!: string;
  @ApiProperty() status!: number;
  @ApiProperty({
    description: '`answered`, `refused`, `client_gone`, `gateway_lost`, or the code of an error',
  })
  outcome!: string;
  @ApiProperty() stream!: boolean;
  @ApiProperty() attempts!: number;
  @ApiProperty() durationMs!: number;
  @ApiProperty({ type: Number, nullable: true }) firstTokenMs!: number | null;
  @ApiProperty({ description: 'over all attempts that were billed' }) inputTokens!: number;
  @ApiProperty() outputTokens!: number;
  @ApiProperty() cacheReadTokens!: number;
  @ApiProperty() cacheCreationTokens!: number;
  @ApiProperty() reasoningTokens!: number;
  @ApiProperty({ type: Number, nullable: true, description: 'null where a price is not known' })
  costUsd!: number | null;
  @ApiProperty({ description: 'the provider did not say all tokens' }) estimated!: boolean;
}

/** The log of requests: metadata only, never a body. */
@ApiTags('usage')
@Controller('api/requests')
export class RequestsController {
  constructor(
    private readonly log: RequestLog,
    private readonly config: ConfigSource,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({
    summary:
      'Requests of clients, newest first; a page may hold fewer than asked for and still have a next one',
  })
  @ApiPage(RequestView)
  async list(@Query() { from, to, q, cursor, ...rest }: RequestsQuery): Promise<Page<RequestView>> {
    const page = await this.log.list({
      ...rest,
      ...timeRange({ from, to }, this.config.current().clients.timeZone),
      ...(q === undefined ? {} : { text: q }),
      ...(cursor === undefined || !LOG_ID.test(cursor) ? {} : { cursor }),
    });
    return mapPage(page, requestView);
  }

  @Get(':id')
  @Needs('viewer')
  @ApiOperation({
    summary: 'One request, by its place in the log or, among the newest 100,000, by `x-request-id`',
  })
  @ApiOkResponse({ type: RequestView })
  async get(@Param('id') id: string): Promise<RequestView> {
    const found = await this.log.get(id);
    if (found === undefined) throw new RequestUnknown('There is no such request in the log.');
    return requestView(found);
  }
}

function requestView({ costNanoUsd, startedAt, endedAt, ...rest }: LoggedRequest): RequestView {
  return {
    ...rest,
    startedAt: isoTime(startedAt),
    endedAt: isoTime(endedAt),
    costUsd: costNanoUsd === null ? null : usd(costNanoUsd),
  };
}
