import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { CredentialState } from '@muxgate/vault';
import { isoTime } from '../http/paging.js';

export const STATUSES = [
  'active',
  'refreshing',
  'refresh_failing',
  'expired',
  'reauthorization_required',
  'blocked_by_provider',
] as const satisfies ReadonlyArray<CredentialState['status']>;

class LastErrorView {
  @ApiProperty() code!: string;
  @ApiProperty() message!: string;
  @ApiProperty({ format: 'date-time' }) at!: string;
}

/** A connected credential as the API shows it; never the tokens. */
export class TokenView {
  @ApiProperty() credential!: string;
  @ApiProperty() provider!: string;
  @ApiProperty({ enum: STATUSES }) status!: string;
  @ApiProperty({ type: 'integer' }) generation!: number;
  @ApiProperty({ type: [String] }) scopes!: string[];
  @ApiPropertyOptional() account?: string;
  @ApiProperty({ format: 'date-time' }) obtainedAt!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
  @ApiProperty({ format: 'date-time' }) refreshAt!: string;
  @ApiPropertyOptional({ format: 'date-time' }) lastRefreshAt?: string;
  @ApiPropertyOptional({
    format: 'date-time',
    description: 'when the refresh token lapses, where that is known',
  })
  refreshExpiresAt?: string;
  @ApiPropertyOptional({ format: 'date-time', description: 'when a person gave the authorization' })
  connectedAt?: string;
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'what became of the steps after connecting',
  })
  notes?: Record<string, string>;
  @ApiPropertyOptional({ type: LastErrorView }) lastError?: LastErrorView;
}

/** One attempt of the worker to refresh a credential. */
export class RefreshView {
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty({ description: '`refreshed`, or why not' }) outcome!: string;
  @ApiProperty({ type: 'integer', description: 'that it began with' }) generation!: number;
  @ApiProperty() durationMs!: number;
}

export function tokenView(state: CredentialState): TokenView {
  return {
    credential: state.credential,
    provider: state.provider,
    status: state.status,
    generation: state.generation,
    scopes: [...state.scopes],
    ...(state.account === undefined ? {} : { account: state.account }),
    obtainedAt: isoTime(state.obtainedAt),
    expiresAt: isoTime(state.expiresAt),
    refreshAt: isoTime(state.refreshAt),
    ...(state.lastRefreshAt === undefined ? {} : { lastRefreshAt: isoTime(state.lastRefreshAt) }),
    ...(state.refreshExpiresAt === undefined ? {} : { refreshExpiresAt: isoTime(state.refreshExpiresAt) }),
    ...(state.connectedAt === undefined ? {} : { connectedAt: isoTime(state.connectedAt) }),
    ...(state.notes === undefined ? {} : { notes: { ...state.notes } }),
    ...(state.lastError ? { lastError: { ...state.lastError, at: isoTime(state.lastError.at) } } : {}),
  };
}
