import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { RewrapState } from '@muxgate/vault';
import { isoTime } from '../http/paging.js';

class KeyView {
  @ApiProperty() kid!: string;
  @ApiProperty({ description: 'the first key of its ring: what is new is sealed with it' }) seals!: boolean;
  @ApiProperty({ description: 'whether this auth service has the key' }) held!: boolean;
  @ApiProperty({ type: 'integer', description: 'at rest in Redis' }) envelopes!: number;
  @ApiPropertyOptional({ format: 'date-time', description: 'when a process first came with the key' })
  since?: string;
}

export class RingView {
  @ApiProperty({ type: [KeyView] }) keys!: KeyView[];
}

export class KeysView {
  @ApiProperty() access!: RingView;
  @ApiProperty() refresh!: RingView;
}

export class RewrapView {
  @ApiProperty() id!: string;
  @ApiProperty({ enum: ['queued', 'running', 'done'] }) status!: RewrapState['status'];
  @ApiProperty() requestedBy!: string;
  @ApiProperty({ format: 'date-time' }) requestedAt!: string;
  @ApiPropertyOptional({ format: 'date-time' }) finishedAt?: string;
  @ApiProperty({ type: 'integer', description: 'records at the start' }) total!: number;
  @ApiProperty({ type: 'integer', description: 'records looked at' }) seen!: number;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' }, description: 'envelopes' })
  outcomes!: RewrapState['outcomes'];
}

export function rewrapView(state: RewrapState): RewrapView {
  const { id, status, requestedBy, finishedAt, total, seen, outcomes } = state;
  const requestedAt = isoTime(state.requestedAt);
  return {
    id,
    status,
    requestedBy,
    requestedAt,
    total,
    seen,
    outcomes,
    ...(finishedAt === undefined ? {} : { finishedAt: isoTime(finishedAt) }),
  };
}
