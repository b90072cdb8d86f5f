import { applyDecorators, type Type as Class } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

const DEFAULT_LIMIT = 100;

/** `?limit=&cursor=` of every list. */
export class PageQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: 1000, default: DEFAULT_LIMIT })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit: number = DEFAULT_LIMIT;

  @ApiPropertyOptional({ description: 'nextCursor of the page before' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  cursor?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

/** Describes a list of views for the API description. */
export function ApiPage(view: Class): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(view),
    ApiOkResponse({
      schema: {
        type: 'object',
        required: ['items'],
        properties: {
          items: { type: 'array', items: { $ref: getSchemaPath(view) } },
          nextCursor: { type: 'string' },
        },
      },
    }),
  );
}

export function mapPage<T, U>(page: { items: T[]; nextCursor?: string }, view: (item: T) => U): Page<U> {
  return { ...page, items: page.items.map(view) };
}

/** Epoch milliseconds → ISO 8601, as the whole API says times. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
