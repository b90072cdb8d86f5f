import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { AuditTrail } from '@muxgate/audit';
import { ConfigSource } from '@muxgate/config';
import { CredentialVault, deadCredentials, type DeadCredential } from '@muxgate/vault';
import { IsBoolean, IsOptional } from 'class-validator';
import { Needs } from '../admin/admin.guard.js';
import { CalledBy, type Caller } from '../http/caller.js';
import { isoTime } from '../http/paging.js';

/** In one call; what is left is found by the next. */
const MOST = 1_000;

class ReapBody {
  @ApiPropertyOptional({ default: true, description: 'only say what would be removed' })
  @IsOptional()
  @IsBoolean()
  dryRun: boolean = true;
}

class ReapedView {
  @ApiProperty() credential!: string;
  @ApiProperty() provider!: string;
  @ApiProperty({ enum: ['reauthorization_required', 'blocked_by_provider', 'not_configured', 'failing'] })
  reason!: DeadCredential['reason'];
  @ApiProperty({ format: 'date-time' }) deadSince!: string;
  @ApiProperty({
    enum: ['would_remove', 'removed', 'changed'],
    description: '`changed`: meanwhile, so it stays',
  })
  outcome!: 'would_remove' | 'removed' | 'changed';
}

class ReapView {
  @ApiProperty() dryRun!: boolean;
  @ApiProperty({ type: [ReapedView] }) items!: ReapedView[];
  @ApiProperty({ description: 'whether there are more than one call takes' }) more!: boolean;
}

/** Credentials that no refresh can help any more. */
@ApiTags('custody')
@Controller('api/oauth/tokens')
export class ReapController {
  constructor(
    private readonly vault: CredentialVault,
    private readonly config: ConfigSource,
    private readonly trail: AuditTrail,
  ) {}

  @Post('reap')
  @HttpCode(200)
  @Needs('admin')
  @ApiOperation({
    summary: 'Remove dead credentials by the policy of the configuration, or say which and why',
  })
  @ApiOkResponse({ type: ReapView })
  async reap(@Body() { dryRun }: ReapBody, @CalledBy() caller: Caller): Promise<ReapView> {
    const { reaper, oauthProviders } = this.config.current();
    const items: ReapedView[] = [];
    for await (const dead of deadCredentials(
      this.vault,
      reaper,
      (name) => oauthProviders.has(name),
      Date.now(),
    )) {
      if (items.length === MOST) return { dryRun, items, more: true };
      const { credential, provider, reason } = dead;
      const outcome = dryRun ? 'would_remove' : await this.remove(dead, caller);
      items.push({ credential, provider, reason, deadSince: isoTime(dead.deadSince), outcome });
    }
    return { dryRun, items, more: false };
  }

  /** Only what was found dead: a credential that was connected again meanwhile is another. */
  private async remove(dead: DeadCredential, caller: Caller): Promise<'removed' | 'changed'> {
    const { credential, provider, generation, reason } = dead;
    if ((await this.vault.remove(credential, { generation })) === undefined) return 'changed';
    await this.trail.record({
      actor: caller.name,
      action: 'credential.reap',
      subject: credential,
      outcome: 'success',
      from: caller.address,
      details: { provider, reason, deadSince: isoTime(dead.deadSince) },
    });
    return 'removed';
  }
}
