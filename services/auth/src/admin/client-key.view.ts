import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ClientKey } from '@muxgate/clients';
import { isoTime } from '../http/paging.js';

/** A client key as the API shows it; the key itself only to the one who creates it. */
export class ClientKeyView {
  @ApiProperty() id!: string;
  @ApiProperty() name!: string;
  @ApiPropertyOptional() team?: string;
  @ApiPropertyOptional({ type: [String] }) models?: readonly string[];
  @ApiProperty() mayPin!: boolean;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiPropertyOptional({ format: 'date-time' }) expiresAt?: string;
}

export class CreatedKeyView extends ClientKeyView {
  @ApiProperty({ description: 'shown this once; only its hash is kept', example: 'mxg_…' }) key!: string;
}

export function keyView(client: ClientKey): ClientKeyView {
  return fieldsOf(client);
}

export function createdKeyView(client: ClientKey, key: string): CreatedKeyView {
  return { ...fieldsOf(client), key };
}

function fieldsOf({ createdAt, expiresAt, ...rest }: ClientKey) {
  return {
    ...rest,
    createdAt: isoTime(createdAt),
    ...(expiresAt === undefined ? {} : { expiresAt: isoTime(expiresAt) }),
  };
}
