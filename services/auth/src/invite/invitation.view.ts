import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Invitation } from '@muxgate/connect';
import { isoTime } from '../http/paging.js';

/** An invitation as the API shows it; its link only to the one who creates it. */
export class InvitationView {
  @ApiProperty() id!: string;
  @ApiProperty({ description: 'the OAuth provider' }) provider!: string;
  @ApiProperty() credential!: string;
  @ApiProperty({ description: 'the name of the admin token' }) invitedBy!: string;
  @ApiProperty({ enum: ['open', 'used', 'expired'] }) status!: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
  @ApiPropertyOptional({ format: 'date-time' }) usedAt?: string;
}

export class CreatedInvitationView extends InvitationView {
  @ApiProperty({ description: 'shown this once: whoever has it can use the invitation' }) url!: string;
}

export function invitationView(invitation: Invitation): InvitationView {
  return fieldsOf(invitation);
}

export function createdInvitationView(invitation: Invitation, url: string): CreatedInvitationView {
  return { ...fieldsOf(invitation), url };
}

function fieldsOf({ createdAt, expiresAt, usedAt, ...rest }: Invitation) {
  return {
    ...rest,
    status: usedAt !== undefined ? 'used' : expiresAt > Date.now() ? 'open' : 'expired',
    createdAt: isoTime(createdAt),
    expiresAt: isoTime(expiresAt),
    ...(usedAt === undefined ? {} : { usedAt: isoTime(usedAt) }),
  };
}
