import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ClientKey, Team } from '@muxgate/clients';
import { isoTime } from '../http/paging.js';
import type { Source, Sourced } from './client-directory.js';
import { BudgetView } from './budget-states.js';
import { LimitsBody } from './limits.body.js';

class AccessView {
  @ApiProperty() name!: string;
  @ApiProperty({ enum: ['file', 'api'], description: 'where it is declared' }) source!: Source;
  @ApiPropertyOptional({ additionalProperties: { type: 'string' } }) labels?: Readonly<
    Record<string, string>
  >;
  @ApiPropertyOptional({ type: [String] }) models?: readonly string[];
  @ApiPropertyOptional({ type: [String] }) providers?: readonly string[];
  @ApiPropertyOptional({ type: LimitsBody }) limits?: Team['limits'];
  @ApiPropertyOptional({ type: BudgetView, description: 'where it stands is told for one, not in lists' })
  budget?: BudgetView | Team['budget'];
}

/** A client key as the API shows it; the key itself only to the one who creates or rotates it. */
export class ClientKeyView extends AccessView {
  @ApiProperty() id!: string;
  @ApiPropertyOptional() team?: string;
  @ApiPropertyOptional() owner?: string;
  @ApiProperty() mayPin!: boolean;
  @ApiPropertyOptional() disabled?: boolean;
  @ApiPropertyOptional({ format: 'date-time' }) createdAt?: string;
  @ApiPropertyOptional({ format: 'date-time' }) expiresAt?: string;
  @ApiPropertyOptional({ format: 'date-time' }) rotatedAt?: string;
  @ApiPropertyOptional({ format: 'date-time', description: 'to within some seconds' }) lastUsedAt?: string;
}

export class CreatedKeyView extends ClientKeyView {
  @ApiProperty({ description: 'shown this once; only its hash is kept', example: 'mxg_…' }) key!: string;
}

export class TeamView extends AccessView {}

/** What the file declares tells no date of its making. */
export function keyView(
  { createdAt, expiresAt, rotatedAt, ...rest }: Sourced<ClientKey>,
  lastUsedAt?: number,
): ClientKeyView {
  return {
    ...rest,
    ...timesOf({
      createdAt: rest.source === 'file' ? undefined : createdAt,
      expiresAt,
      rotatedAt,
      lastUsedAt,
    }),
  };
}

function timesOf(times: Record<string, number | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(times).flatMap(([name, time]) => (time === undefined ? [] : [[name, isoTime(time)]])),
  );
}
