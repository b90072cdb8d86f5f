import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiProperty, ApiPropertyOptional, ApiQuery } from '@nestjs/swagger';
import { IsOptional, IsString, Length, MaxLength } from 'class-validator';
import type { AuthRequest } from '../http/auth-request.js';
import { validation } from '../http/validation.js';

const MAX_TEXT = 1024 * 1024;
const MAX_COMMENT = 500;

/** A configuration as it is handed in. */
export class ConfigSubmission {
  @ApiProperty({ description: 'the whole document, in YAML (or JSON, which is YAML)', maxLength: MAX_TEXT })
  @IsString()
  @Length(1, MAX_TEXT)
  text!: string;

  @ApiPropertyOptional({ description: 'why, for those who read the history', maxLength: MAX_COMMENT })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_COMMENT)
  comment?: string;
}

/** The document itself as the body, in YAML or JSON, with `?comment=`; or `{text, comment}`. */
export const Submitted = createParamDecorator(
  (_: undefined, context: ExecutionContext): Promise<ConfigSubmission> => {
    const { body, query } = context.switchToHttp().getRequest<AuthRequest>() as {
      body: unknown;
      query: { comment?: unknown };
    };
    const isDocument = typeof body === 'object' && body !== null && 'version' in body;
    const text =
      typeof body === 'string' ? body : isDocument ? JSON.stringify(body, undefined, 2) : undefined;
    const value = text === undefined ? (body ?? {}) : { text, ...(query.comment === undefined ? {} : query) };
    return validation.transform(value, {
      type: 'body',
      metatype: ConfigSubmission,
    }) as Promise<ConfigSubmission>;
  },
);

export function ApiSubmission(): MethodDecorator {
  return applyDecorators(
    ApiConsumes('application/json', 'application/yaml'),
    ApiBody({ type: ConfigSubmission, description: 'or the document itself, in YAML or JSON' }),
    ApiQuery({ name: 'comment', required: false, description: 'where the body is the document itself' }),
  );
}
