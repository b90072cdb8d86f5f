import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsBoolean,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
  ValidateIf,
} from 'class-validator';
import { AccessBody } from './limits.body.js';

class KeySettings extends AccessBody {
  @ApiPropertyOptional({ example: 'platform' })
  @IsOptional()
  @IsString()
  @Length(1, 128)
  team?: string;

  @ApiPropertyOptional({ description: 'who answers for it', example: 'dana@example.com' })
  @IsOptional()
  @IsString()
  @Length(1, 256)
  owner?: string;

  @ApiPropertyOptional({ description: 'may choose the provider by x-muxgate-provider' })
  @IsOptional()
  @IsBoolean()
  mayPin?: boolean;

  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  expiresAt?: string;

  @ApiPropertyOptional({ description: 'refused, but not forgotten' })
  @IsOptional()
  @IsBoolean()
  disabled?: boolean;
}

export class CreateKeyBody extends KeySettings {
  @ApiProperty({ example: 'ci' })
  @IsString()
  @Length(1, 128)
  name!: string;
}

/** What is absent stays, what is null goes. `limits`, `budget` and `labels` are replaced whole. */
export class ChangeKeyBody extends KeySettings {
  @ApiPropertyOptional({ example: 'ci' })
  @ValidateIf(({ name }: ChangeKeyBody) => name !== undefined)
  @IsString()
  @Length(1, 128)
  name?: string;
}

const WEEK_SECONDS = 7 * 86_400;

export class RotateKeyBody {
  @ApiPropertyOptional({
    minimum: 0,
    maximum: 13 * WEEK_SECONDS,
    default: 0,
    description: 'for how long the key before is valid still',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(13 * WEEK_SECONDS)
  overlapSeconds: number = 0;
}
