import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Param,
  ParseIntPipe,
  Post,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { diffOf } from '@muxgate/revisions';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, MaxLength, Min } from 'class-validator';
import type { Response } from 'express';
import { Needs } from '../admin/admin.guard.js';
import { CalledBy, type Caller } from '../http/caller.js';
import { RequestMalformed } from '../http/http.errors.js';
import { ApiPage, mapPage, PageQuery, type Page } from '../http/paging.js';
import { ConfigService, named } from './config.service.js';
import { ApiSubmission, Submitted, type ConfigSubmission } from './config.submission.js';
import {
  CommittedView,
  ConfigView,
  headView,
  RevisionHeadView,
  RevisionView,
  ValidationView,
} from './config.view.js';

class RestoreBody {
  @ApiPropertyOptional({ maxLength: 500 })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  comment?: string;
}

class AgainstQuery {
  @ApiPropertyOptional({ description: 'the revision to compare with; the one before unless told' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  against?: number;
}

const IF_MATCH = ApiHeader({
  name: 'if-match',
  required: false,
  description: 'the ETag of the revision that the change is based on; 412 if another came first',
});

/** The configuration that is in force, its history, and how to change it. */
@ApiTags('config')
@Controller('api/config')
export class ConfigController {
  constructor(private readonly config: ConfigService) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'The configuration in force, the state of the file, and which replicas run it' })
  @ApiOkResponse({ type: ConfigView })
  async show(@Res({ passthrough: true }) response: Response): Promise<ConfigView> {
    const view = await this.config.show();
    response.set('etag', etagOf(view.revision));
    return view;
  }

  @Put()
  @Needs('admin')
  @IF_MATCH
  @ApiSubmission()
  @ApiOperation({ summary: 'Make a new revision; every replica applies it within 2 s' })
  @ApiOkResponse({ type: CommittedView })
  async change(
    @Submitted() submission: ConfigSubmission,
    @Headers('if-match') ifMatch: string | undefined,
    @CalledBy() caller: Caller,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CommittedView> {
    const committed = await this.config.change(submission, expectedBy(ifMatch), caller, 'config.change');
    response.set('etag', etagOf(committed.revision));
    return committed;
  }

  @Post('validate')
  @HttpCode(200)
  @Needs('viewer')
  @ApiSubmission()
  @ApiOperation({ summary: 'Every mistake of a configuration, and how it differs from the one in force' })
  @ApiOkResponse({ type: ValidationView })
  validate(@Submitted() submission: ConfigSubmission): Promise<ValidationView> {
    return this.config.validate(submission);
  }

  @Get('revisions')
  @Needs('viewer')
  @ApiOperation({ summary: 'Revisions, newest first; the last hundred are kept' })
  @ApiPage(RevisionHeadView)
  async revisions(@Query() { limit, cursor }: PageQuery): Promise<Page<RevisionHeadView>> {
    const before = /^\d{1,15}$/.test(cursor ?? '') ? Number(cursor) : undefined;
    return mapPage(await this.config.store.list(limit, before), headView);
  }

  @Get('revisions/:number')
  @Needs('viewer')
  @ApiOperation({ summary: 'One revision, with its difference to another' })
  @ApiOkResponse({ type: RevisionView })
  async revision(
    @Param('number', ParseIntPipe) number: number,
    @Query() query: AgainstQuery,
  ): Promise<RevisionView> {
    const { text, ...head } = await this.config.revision(number);
    const other =
      query.against === undefined
        ? await this.config.store.get(number - 1)
        : await this.config.revision(query.against);
    const before = other === undefined ? { name: 'nothing', text: '' } : named(other);
    return {
      ...headView(head),
      text,
      diff: diffOf(before, named({ number, text })),
      ...(other === undefined ? {} : { against: other.number }),
    };
  }

  @Post('revisions/:number/restore')
  @HttpCode(200)
  @Needs('admin')
  @IF_MATCH
  @ApiOperation({ summary: 'Make a new revision with the text of an old one' })
  @ApiOkResponse({ type: CommittedView })
  async restore(
    @Param('number', ParseIntPipe) number: number,
    @Body() { comment = `restores revision ${number}` }: RestoreBody,
    @Headers('if-match') ifMatch: string | undefined,
    @CalledBy() caller: Caller,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CommittedView> {
    const { text } = await this.config.revision(number);
    const committed = await this.config.change(
      { text, comment },
      expectedBy(ifMatch),
      caller,
      'config.restore',
    );
    response.set('etag', etagOf(committed.revision));
    return committed;
  }
}

function etagOf(revision: number): string {
  return `"${revision}"`;
}

/** Proxies may weaken an ETag on its way; it names a revision all the same. */
function expectedBy(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const number = /^(?:W\/)?"(\d{1,15})"$/.exec(ifMatch.trim())?.[1];
  if (number === undefined) throw new RequestMalformed('If-Match must be the ETag of GET /api/config, or *.');
  return Number(number);
}
