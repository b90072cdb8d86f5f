import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { BUDGET_PERIODS, type BudgetPeriod } from '@muxgate/config';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';

const MOST = 1_000_000_000;
const WARN_AT_PERCENT = 80;

/** Null says what absence says: it must not be kept, since the gateway would take it for a number. */
function NullIs(fallback?: number): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => value ?? fallback);
}

function IsCount(): PropertyDecorator {
  return applyDecorators(NullIs(), IsOptional(), IsInt(), Min(1), Max(MOST));
}

/** Absent or null: as much as there is. */
export class LimitsBody {
  @ApiPropertyOptional({ minimum: 1, description: 'requests within any 60 seconds' })
  @IsCount()
  requestsPerMinute?: number;

  @ApiPropertyOptional({ minimum: 1, description: 'tokens within any 60 seconds, cached ones included' })
  @IsCount()
  tokensPerMinute?: number;

  @ApiPropertyOptional({ minimum: 1, description: 'requests at once' })
  @IsCount()
  concurrentRequests?: number;
}

export class BudgetBody {
  @ApiProperty({ minimum: 0, description: 'USD that may be spent in a period' })
  @IsNumber()
  @Min(0)
  @Max(MOST)
  usd!: number;

  @ApiProperty({ enum: BUDGET_PERIODS })
  @IsIn(BUDGET_PERIODS)
  period!: BudgetPeriod;

  @ApiPropertyOptional({ minimum: 1, maximum: 100, default: WARN_AT_PERCENT })
  @NullIs(WARN_AT_PERCENT)
  @IsInt()
  @Min(1)
  @Max(100)
  warnAtPercent: number = WARN_AT_PERCENT;
}

const MOST_LABELS = 64;

/** A list of names or globs; null, where it may be changed, takes it away. */
function IsNames(): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    IsArray(),
    ArrayMaxSize(1000),
    IsString({ each: true }),
    Length(1, 256, { each: true }),
  );
}

function IsLabels(): PropertyDecorator {
  return ValidateBy({
    name: 'isLabels',
    validator: {
      validate: (value) =>
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        Object.keys(value).length <= MOST_LABELS &&
        Object.entries(value).every(
          ([name, text]) => name.length <= 128 && typeof text === 'string' && text.length <= 256,
        ),
      defaultMessage: () =>
        `labels must be a map of at most ${MOST_LABELS} names (128 characters) to texts (256 characters)`,
    },
  });
}

/** What keys and teams have alike. */
export class AccessBody {
  @ApiPropertyOptional({ additionalProperties: { type: 'string' }, example: { cost: 'r-and-d' } })
  @IsOptional()
  @IsLabels()
  labels?: Record<string, string>;

  @ApiPropertyOptional({ type: [String], description: 'models that may be asked for; * stands for anything' })
  @IsNames()
  models?: string[];

  @ApiPropertyOptional({ type: [String], description: 'providers that may serve; * stands for anything' })
  @IsNames()
  providers?: string[];

  @ApiPropertyOptional({ type: LimitsBody })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => LimitsBody)
  limits?: LimitsBody;

  @ApiPropertyOptional({ type: BudgetBody })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => BudgetBody)
  budget?: BudgetBody;
}
