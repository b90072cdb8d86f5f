import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { AuditTrail } from '@muxgate/audit';
import { IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { Needs } from '../admin/admin.guard.js';
import { CREDENTIAL_ID, CREDENTIAL_ID_RULE } from '../admin/credential-id.js';
import { assertAskable } from '../connect/authorize.js';
import { InvitationUnknown } from '../connect/connect.errors.js';
import { ConnectParts } from '../connect/connect-parts.js';
import { CalledBy, type Caller } from '../http/caller.js';
import { ApiPage, mapPage, PageQuery, type Page } from '../http/paging.js';
import {
  createdInvitationView,
  CreatedInvitationView,
  InvitationView,
  invitationView,
} from './invitation.view.js';

const DEFAULT_SECONDS = 3 * 24 * 3_600;
const LONGEST_SECONDS = 30 * 24 * 3_600;

class CreateInvitationBody {
  @ApiProperty({ example: 'sandbox', description: 'the OAuth provider' })
  @IsString()
  @Length(1, 128)
  provider!: string;

  @ApiProperty({ description: 'the id that the connection is stored under', example: 'sandbox-key_1' })
  @Matches(CREDENTIAL_ID, { message: CREDENTIAL_ID_RULE })
  credential!: string;

  @ApiPropertyOptional({ minimum: 60, maximum: LONGEST_SECONDS, default: DEFAULT_SECONDS })
  @IsOptional()
  @IsInt()
  @Min(60)
  @Max(LONGEST_SECONDS)
  expiresInSeconds: number = DEFAULT_SECONDS;
}

/** Links by which people connect accounts of their own, without an admin token. */
@ApiTags('oauth')
@Controller('api/oauth/invitations')
export class InvitationsController {
  constructor(
    private readonly parts: ConnectParts,
    private readonly trail: AuditTrail,
  ) {}

  @Post()
  @Needs('operator')
  @ApiOperation({ summary: 'Invite a person to connect one credential; the only answer that holds the link' })
  @ApiCreatedResponse({ type: CreatedInvitationView })
  async create(
    @Body() { provider, credential, expiresInSeconds }: CreateInvitationBody,
    @CalledBy() caller: Caller,
  ): Promise<CreatedInvitationView> {
    assertAskable(this.parts, provider);
    const { invitation, token } = await this.parts.invitations.create({
      provider,
      credential,
      invitedBy: caller.name,
      lifeMs: expiresInSeconds * 1_000,
    });
    await this.record(caller, 'invitation.create', invitation.id, { provider, credential });
    return createdInvitationView(invitation, `${this.parts.publicUrl.href}/invite/${token}`);
  }

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'List invitations, newest first, until a week after their end' })
  @ApiPage(InvitationView)
  async list(@Query() page: PageQuery): Promise<Page<InvitationView>> {
    return mapPage(await this.parts.invitations.list(page), invitationView);
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('operator')
  @ApiOperation({ summary: 'Revoke an invitation; what was connected by it stays' })
  @ApiNoContentResponse()
  async revoke(@Param('id') id: string, @CalledBy() caller: Caller): Promise<void> {
    if (!(await this.parts.invitations.revoke(id)))
      throw new InvitationUnknown('There is no invitation with this id.');
    await this.record(caller, 'invitation.revoke', id, {});
  }

  private record(caller: Caller, action: string, subject: string, details: Record<string, unknown>) {
    return this.trail.record({
      actor: caller.name,
      action,
      subject,
      outcome: 'success',
      from: caller.address,
      details,
    });
  }
}
