import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { AuditLog, type AuditRecord } from '@muxgate/audit';
import { ApiPage, isoTime, mapPage, PageQuery, type Page } from '../http/paging.js';
import { Needs } from './admin.guard.js';

class AuditView {
  @ApiProperty() id!: string;
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty({ description: 'who: the name of the admin token' }) actor!: string;
  @ApiProperty({ description: 'what', example: 'credential.connect' }) action!: string;
  @ApiProperty({ description: 'on what: the id of the credential or key' }) subject!: string;
  @ApiProperty({ enum: ['success', 'failure'] }) outcome!: string;
  @ApiPropertyOptional({ description: 'from where' }) from?: string;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true }) details?: AuditRecord['details'] &
    object;
}

@ApiTags('audit')
@Controller('api/audit')
export class AuditController {
  constructor(private readonly log: AuditLog) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'What was changed, by whom, from where; newest first' })
  @ApiPage(AuditView)
  async list(@Query() page: PageQuery): Promise<Page<AuditView>> {
    return mapPage(await this.log.list(page), (record) => ({ ...record, at: isoTime(record.at) }));
  }
}
