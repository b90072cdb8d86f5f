import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { RefreshQueue } from '@muxgate/refresh-queue';
import { CredentialVault, RefreshHistory, type CredentialState } from '@muxgate/vault';
import { Transform } from 'class-transformer';
import { IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';
import { OAuthProviders } from '../connect/oauth-providers.js';
import { CalledBy, type Caller } from '../http/caller.js';
import { ApiPage, isoTime, mapPage, PageQuery, type Page } from '../http/paging.js';
import { Needs } from './admin.guard.js';
import { AuditTrail } from '@muxgate/audit';
import { CREDENTIAL_ID, CREDENTIAL_ID_RULE, credentialUnknown, knownShape } from './credential-id.js';
import { forget, type Revoked } from './forget.js';
import { refreshNow } from './refresh-now.js';
import { RefreshView, STATUSES, TokenView, tokenView } from './token.view.js';

class TokensQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'only ids that begin with it' })
  @IsOptional()
  @Matches(CREDENTIAL_ID, { message: CREDENTIAL_ID_RULE })
  prefix?: string;

  @ApiPropertyOptional({ description: 'only those of this OAuth provider' })
  @IsOptional()
  @IsString()
  @Length(1, 128)
  provider?: string;

  @ApiPropertyOptional({ enum: STATUSES, description: 'or several, with commas between' })
  @IsOptional()
  @Transform(({ value }) => (typeof value === 'string' ? value.split(',') : value))
  @IsIn(STATUSES, { each: true })
  status?: CredentialState['status'][];
}

/** Connected credentials: what they are, never what they hold. */
@ApiTags('tokens')
@Controller('api/oauth/tokens')
export class TokensController {
  constructor(
    private readonly vault: CredentialVault,
    private readonly queue: RefreshQueue,
    private readonly providers: OAuthProviders,
    private readonly history: RefreshHistory,
    private readonly trail: AuditTrail,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'List connected credentials' })
  @ApiPage(TokenView)
  async list(@Query() { prefix, provider, status, ...page }: TokensQuery): Promise<Page<TokenView>> {
    return mapPage(await this.vault.listStates(page, { prefix, provider, statuses: status }), tokenView);
  }

  @Get(':credential')
  @Needs('viewer')
  @ApiOperation({ summary: 'One connected credential' })
  @ApiOkResponse({ type: TokenView })
  async get(@Param('credential') credential: string): Promise<TokenView> {
    const state = await this.vault.readState(knownShape(credential));
    if (state === undefined) throw credentialUnknown();
    return tokenView(state);
  }

  @Get(':credential/history')
  @Needs('viewer')
  @ApiOperation({ summary: 'The last fifty attempts to refresh it, newest first' })
  @ApiPage(RefreshView)
  async refreshes(@Param('credential') credential: string): Promise<Page<RefreshView>> {
    const records = await this.history.list(knownShape(credential));
    return { items: records.map((record) => ({ ...record, at: isoTime(record.at) })) };
  }

  @Post(':credential/refresh')
  @HttpCode(200)
  @Needs('operator')
  @ApiOperation({ summary: 'Refresh now, through the worker; answers the new state' })
  @ApiOkResponse({ type: TokenView })
  async refresh(@Param('credential') credential: string, @CalledBy() caller: Caller): Promise<TokenView> {
    const state = await refreshNow(this.vault, this.queue, knownShape(credential));
    await this.trail.record({
      actor: caller.name,
      action: 'credential.refresh',
      subject: credential,
      outcome: 'success',
      from: caller.address,
      details: { generation: state.generation },
    });
    return tokenView(state);
  }

  @Delete(':credential')
  @Needs('operator')
  @ApiOperation({ summary: 'Forget a credential, and revoke it upstream where the provider can' })
  @ApiOkResponse({
    schema: {
      properties: { revoked: { oneOf: [{ type: 'boolean' }, { enum: ['unsupported'] }] } },
      required: ['revoked'],
    },
  })
  async remove(
    @Param('credential') credential: string,
    @CalledBy() caller: Caller,
  ): Promise<{ revoked: Revoked }> {
    const { provider, revoked } = await forget(this.vault, this.providers, knownShape(credential));
    await this.trail.record({
      actor: caller.name,
      action: 'credential.remove',
      subject: credential,
      outcome: 'success',
      from: caller.address,
      details: { provider, revoked },
    });
    return { revoked };
  }
}
