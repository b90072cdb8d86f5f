import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Post, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { AuditTrail } from '@muxgate/audit';
import { CredentialVault, StoredKeys } from '@muxgate/vault';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { CREDENTIAL_ID, CREDENTIAL_ID_RULE } from '../admin/credential-id.js';
import { Needs } from '../admin/admin.guard.js';
import { CalledBy, type Caller } from '../http/caller.js';
import { isoTime } from '../http/paging.js';
import { exportLines } from './export-credentials.js';
import { ImportCredentials, type ImportOutcome } from './import-credentials.js';
import { ImportKeyStore } from './import-key.store.js';
import { recipientOf } from './recipient.js';

class ExportBody {
  @ApiProperty({ description: 'JWK or PEM text', oneOf: [{ type: 'object' }, { type: 'string' }] })
  @IsDefined()
  publicKey!: unknown;

  @ApiPropertyOptional({ type: [String], description: 'ids; all without it' })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(1_000)
  @Matches(CREDENTIAL_ID, { each: true, message: CREDENTIAL_ID_RULE })
  credentials?: string[];
}

class ImportItemBody {
  @ApiProperty() @Matches(CREDENTIAL_ID, { message: CREDENTIAL_ID_RULE }) credential!: string;
  @ApiProperty({ description: 'RFC 7516, compact' }) @IsString() @MaxLength(64_000) jwe!: string;
  @ApiPropertyOptional({ enum: ['oauth', 'api-key'] })
  @IsOptional()
  @IsIn(['oauth', 'api-key'])
  kind?: string;
  @ApiPropertyOptional() @IsOptional() @IsString() @MaxLength(128) provider?: string;
  @ApiPropertyOptional({ enum: ['credential'] }) @IsOptional() @IsIn(['credential']) type?: string;
}

class ImportBody {
  @ApiPropertyOptional({ default: false }) @IsOptional() @IsBoolean() dryRun: boolean = false;

  @ApiPropertyOptional({ enum: ['skip', 'replace'], default: 'skip' })
  @IsOptional()
  @IsIn(['skip', 'replace'])
  onConflict: 'skip' | 'replace' = 'skip';

  @ApiProperty({ type: [ImportItemBody], description: 'the `credential` lines of an export' })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => ImportItemBody)
  items!: ImportItemBody[];
}

class ImportOutcomeView implements ImportOutcome {
  @ApiProperty() credential!: string;
  @ApiProperty({ enum: ['imported', 'replaced', 'skipped', 'refused'] }) outcome!: ImportOutcome['outcome'];
  @ApiPropertyOptional() reason?: string;
}

class ImportView {
  @ApiProperty() dryRun!: boolean;
  @ApiProperty({ type: [ImportOutcomeView] }) items!: ImportOutcome[];
}

class ImportKeyView {
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'a JWK with its `kid`' })
  publicKey!: object;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
}

/** Sealed credentials on their way out of, and into, this cluster. */
@ApiTags('custody')
@Controller('api/credentials')
@Needs('admin')
export class TransferController {
  constructor(
    private readonly vault: CredentialVault,
    private readonly keys: StoredKeys,
    private readonly importKeys: ImportKeyStore,
    private readonly imports: ImportCredentials,
    private readonly trail: AuditTrail,
  ) {}

  @Post('export')
  @HttpCode(200)
  @ApiOperation({ summary: 'Export credentials, each sealed to a public key (JWE), as lines of JSON' })
  @ApiOkResponse({ content: { 'application/x-ndjson': { schema: { type: 'string' } } } })
  async export(
    @Body() { publicKey, credentials }: ExportBody,
    @CalledBy() caller: Caller,
  ): Promise<StreamableFile> {
    const recipient = await recipientOf(publicKey);
    await this.record(caller, 'credential.export', credentials?.join(' ') ?? '*', {
      recipient: recipient.thumbprint,
    });
    const lines = exportLines(this.vault, this.keys, recipient, credentials, Date.now());
    return new StreamableFile(Readable.from(lines, { objectMode: false }), { type: 'application/x-ndjson' });
  }

  @Get('import-key')
  @ApiOperation({ summary: 'The public key to seal credentials to that are to be imported here' })
  @ApiOkResponse({ type: ImportKeyView })
  async importKey(): Promise<ImportKeyView> {
    const { publicKey, expiresAt } = await this.importKeys.current();
    return { publicKey, expiresAt: isoTime(expiresAt) };
  }

  @Post('import')
  @HttpCode(200)
  @ApiOperation({ summary: 'Import credentials that were sealed to the import key' })
  @ApiOkResponse({ type: ImportView })
  async import(@Body() body: ImportBody, @CalledBy() caller: Caller): Promise<ImportView> {
    const key = await this.importKeys.open();
    const options = { dryRun: body.dryRun, replace: body.onConflict === 'replace', actor: caller.name };
    const items: ImportOutcome[] = [];
    for (const item of body.items) {
      const done = await this.imports.one(key, item, options);
      items.push(done);
      if (body.dryRun) continue;
      const { credential, ...details } = done;
      await this.record(caller, 'credential.import', credential, details);
    }
    return { dryRun: body.dryRun, items };
  }

  private record(caller: Caller, action: string, subject: string, details: object): Promise<void> {
    return this.trail.record({
      actor: caller.name,
      action,
      subject,
      outcome: 'success',
      from: caller.address,
      details: { ...details },
    });
  }
}
