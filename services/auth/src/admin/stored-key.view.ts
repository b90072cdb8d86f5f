import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { StoredKeyState } from '@muxgate/vault';
import { isoTime } from '../http/paging.js';

/** A stored API key as the API shows it; never the key. */
export class StoredKeyView {
  @ApiProperty() credential!: string;
  @ApiProperty({ type: 'integer' }) generation!: number;
  @ApiPropertyOptional({
    description:
      'first 8 hexadecimal digits of the SHA-256 of the value; absent for values under 16 characters',
  })
  fingerprint?: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ description: 'the name of the admin token' }) createdBy!: string;
  @ApiProperty({ format: 'date-time' }) updatedAt!: string;
  @ApiProperty({ description: 'the name of the admin token' }) updatedBy!: string;
}

export function storedKeyView(state: StoredKeyState): StoredKeyView {
  return { ...state, createdAt: isoTime(state.createdAt), updatedAt: isoTime(state.updatedAt) };
}
