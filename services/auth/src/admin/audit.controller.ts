import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Controller, Get, Query, Res } from '@nestjs/common';
import {
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
  IntersectionType,
} from '@nestjs/swagger';
import {
  AUDIT_OUTCOMES,
  AuditLog,
  type AuditFilter,
  type AuditOutcome,
  type AuditRecord,
} from '@muxgate/audit';
import { ConfigSource } from '@muxgate/config';
import { IsIn, IsISO8601, IsOptional, IsString, MaxLength } from 'class-validator';
import type { Response } from 'express';
import { ApiPage, isoTime, mapPage, PageQuery, type Page } from '../http/paging.js';
import { timeRange } from '../http/time-range.js';
import { Needs } from './admin.guard.js';
import { CheckChain } from './check-chain.js';

class AuditView {
  @ApiProperty() id!: string;
  @ApiProperty({ description: 'place in the chain' }) seq!: number;
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty({ description: 'who: the name of the admin token' }) actor!: string;
  @ApiProperty({ description: 'what', example: 'credential.connect' }) action!: string;
  @ApiProperty({ description: 'on what: the id of the credential or key' }) subject!: string;
  @ApiProperty({ enum: AUDIT_OUTCOMES }) outcome!: string;
  @ApiPropertyOptional({ description: 'from where' }) from?: string;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true }) details?: AuditRecord['details'] &
    object;
  @ApiProperty({ description: 'hash of the entry before' }) prev!: string;
  @ApiProperty({ description: 'SHA-256 of this entry' }) hash!: string;
}

const TEXT = { maxLength: 256, description: 'exact, or with `*` at its end a beginning' };

class AuditQuery {
  @ApiPropertyOptional(TEXT) @IsOptional() @IsString() @MaxLength(256) actor?: string;
  @ApiPropertyOptional(TEXT) @IsOptional() @IsString() @MaxLength(256) action?: string;
  @ApiPropertyOptional(TEXT) @IsOptional() @IsString() @MaxLength(256) subject?: string;
  @ApiPropertyOptional({ enum: AUDIT_OUTCOMES })
  @IsOptional()
  @IsIn(AUDIT_OUTCOMES)
  outcome?: AuditOutcome;
  @ApiPropertyOptional({ description: 'a day or a time (ISO 8601)', example: '2026-11-01' })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  from?: string;
  @ApiPropertyOptional({
    description: 'a day, which is included, or a time',
    example: '2026-11-30T12:00:00Z',
  })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  to?: string;
}

class AuditPageQuery extends IntersectionType(AuditQuery, PageQuery) {}

class ChainProblemView {
  @ApiProperty() seq!: number;
  @ApiPropertyOptional() id?: string;
  @ApiProperty() what!: string;
}

class ChainView {
  @ApiProperty() ok!: boolean;
  @ApiProperty({ description: 'entries found sound' }) entries!: number;
  @ApiProperty({ description: 'the newest of them' }) seq!: number;
  @ApiProperty() hash!: string;
  @ApiPropertyOptional({ description: 'where the chain breaks' }) problem?: ChainProblemView;
}

@ApiTags('audit')
@Controller('api/audit')
export class AuditController {
  constructor(
    private readonly log: AuditLog,
    private readonly chain: CheckChain,
    private readonly config: ConfigSource,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'What was changed or tried, by whom, from where; newest first' })
  @ApiPage(AuditView)
  async list(@Query() { limit, cursor, ...query }: AuditPageQuery): Promise<Page<AuditView>> {
    const page = { ...this.filterOf(query), limit, ...(cursor === undefined ? {} : { cursor }) };
    return mapPage(await this.log.list(page), view);
  }

  @Get('export')
  @Needs('viewer')
  @ApiOperation({ summary: 'All of it, one JSON document a line, oldest first' })
  @ApiProduces('application/x-ndjson')
  async export(@Query() query: AuditQuery, @Res() response: Response): Promise<void> {
    response.set('content-type', 'application/x-ndjson; charset=utf-8');
    response.set('content-disposition', 'attachment; filename="muxgate-audit.ndjson"');
    // a reader who leaves ends it; nobody is left to be told
    await pipeline(Readable.from(lines(this.log.all(this.filterOf(query)))), response).catch(() => undefined);
  }

  @Get('verify')
  @Needs('viewer')
  @ApiOperation({ summary: 'Walk the chain: was an entry changed, put in or taken out?' })
  @ApiOkResponse({ type: ChainView })
  verify(): Promise<ChainView> {
    return this.chain.run();
  }

  private filterOf({ from, to, ...exact }: AuditQuery): AuditFilter {
    return { ...exact, ...timeRange({ from, to }, this.config.current().clients.timeZone) };
  }
}

async function* lines(records: AsyncIterable<AuditRecord>): AsyncGenerator<string> {
  for await (const record of records) yield `${JSON.stringify(view(record))}\n`;
}

function view(record: AuditRecord): AuditView {
  return { ...record, at: isoTime(record.at) };
}
