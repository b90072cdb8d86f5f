import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AuditLog, type AuditRecord } from '@muxgate/audit';
import { isoTime, mapPage, PageQuery, type Page } from '../http/paging.js';
import { Needs } from './admin.guard.js';

type AuditView = Omit<AuditRecord, 'at'> & { at: string };

@ApiTags('audit')
@Controller('api/audit')
export class AuditController {
  constructor(private readonly log: AuditLog) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'What was changed, by whom, from where; newest first' })
  async list(@Query() page: PageQuery): Promise<Page<AuditView>> {
    return mapPage(await this.log.list(page), (record) => ({ ...record, at: isoTime(record.at) }));
  }
}
