import { Body, Controller, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { parseRedirect, type AuthorizationResponse } from '@muxgate/oauth';
import { IsOptional, IsString, Length, Matches, MaxLength, ValidateIf } from 'class-validator';
import type { Response } from 'express';
import type { IncomingHttpHeaders } from 'node:http';
import { Needs } from '../admin/admin.guard.js';
import { CREDENTIAL_ID, CREDENTIAL_ID_RULE } from '../admin/credential-id.js';
import { TokenView, tokenView } from '../admin/token.view.js';
import { CalledBy, type Caller } from '../http/caller.js';
import { isoTime } from '../http/paging.js';
import { authorize } from './authorize.js';
import { isBrowser } from './browser-binding.js';
import { complete } from './complete.js';
import { StateMismatch } from './connect.errors.js';
import { ConnectParts } from './connect-parts.js';

const COMPLETIONS = ['callback', 'paste', 'device'];

class AuthorizeBody {
  @ApiProperty({ example: 'sandbox' })
  @IsString()
  @Length(1, 128)
  provider!: string;

  @ApiPropertyOptional({ description: 'id to store it under; default: the name of the provider' })
  @IsOptional()
  @Matches(CREDENTIAL_ID, { message: CREDENTIAL_ID_RULE })
  credential?: string;

  @ApiPropertyOptional({
    description: 'the registered loopback redirect of the provider with the port where the caller listens',
    example: 'http://127.0.0.1:40123/callback',
  })
  @IsOptional()
  @IsString()
  @Length(1, 2048)
  redirectUri?: string;
}

class AuthorizationView {
  @ApiProperty() provider!: string;
  @ApiProperty() credential!: string;
  @ApiProperty() state!: string;
  @ApiProperty() url!: string;
  @ApiProperty({ enum: COMPLETIONS }) completion!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
  @ApiProperty() instructions!: string;
  @ApiPropertyOptional({ description: 'to be entered at verificationUrl (completion: device)' })
  userCode?: string;
  @ApiPropertyOptional() verificationUrl?: string;
}

class ProgressView {
  @ApiProperty() provider!: string;
  @ApiProperty() credential!: string;
  @ApiProperty({ enum: COMPLETIONS }) completion!: string;
  @ApiProperty({ enum: ['pending', 'connected', 'denied', 'expired', 'failed'] }) status!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
  @ApiPropertyOptional({ description: 'why it was denied or failed: a stable code' }) error?: string;
}

/** `{state, code}` or `{redirectUrl}`. */
class ExchangeBody {
  @ApiPropertyOptional({ description: 'not needed where code is code#state' })
  @IsOptional()
  @IsString()
  @Length(1, 512)
  state?: string;

  @ApiPropertyOptional({ description: 'as the provider showed it; code#state is understood' })
  @ValidateIf((body: ExchangeBody) => body.redirectUrl === undefined || body.code !== undefined)
  @IsString()
  @Length(1, 8192)
  code?: string;

  @ApiPropertyOptional({ description: 'the whole address that the browser was sent to' })
  @IsOptional()
  @IsString()
  @MaxLength(16_384)
  @Matches(/^https?:\/\//, { message: 'redirectUrl must be an http(s) URL' })
  redirectUrl?: string;
}

/** authorize → callback | exchange → establish; the browser's way back is in callback.controller.ts. */
@ApiTags('oauth')
@Controller('api/oauth')
export class ConnectController {
  constructor(private readonly parts: ConnectParts) {}

  @Post('authorize')
  @HttpCode(200)
  @Needs('operator')
  @ApiOperation({ summary: 'Begin to connect a credential: answers the URL to open' })
  @ApiOkResponse({ type: AuthorizationView })
  async authorize(
    @Body() body: AuthorizeBody,
    @Headers() headers: IncomingHttpHeaders,
    @CalledBy() caller: Caller,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AuthorizationView> {
    const browser = isBrowser(headers) ? this.parts.binding.bind(headers) : undefined;
    const authorization = await authorize(this.parts, {
      provider: body.provider,
      credential: body.credential,
      redirectUri: body.redirectUri,
      actor: caller.name,
      from: caller.address,
      browser: browser?.fingerprint,
    });
    if (browser) response.append('set-cookie', browser.setCookie);
    return { ...authorization, expiresAt: isoTime(authorization.expiresAt) };
  }

  @Get('authorize/:state')
  @Needs('operator')
  @ApiOperation({ summary: 'How a connection that was begun is getting on, until ten minutes after its end' })
  @ApiOkResponse({ type: ProgressView })
  async progress(@Param('state') state: string): Promise<ProgressView> {
    const progress = await this.parts.progress.read(state);
    return { ...progress, expiresAt: isoTime(progress.expiresAt) };
  }

  @Post('exchange')
  @HttpCode(200)
  @Needs('operator')
  @ApiOperation({ summary: 'Finish by paste: {state, code}, code#state, or the whole redirectUrl' })
  @ApiOkResponse({ type: TokenView })
  async exchange(@Body() body: ExchangeBody, @CalledBy() caller: Caller): Promise<TokenView> {
    const state = await complete(this.parts, answerIn(body), {
      kind: 'operator',
      ...caller,
      pasted: body.redirectUrl === undefined ? 'code' : 'redirectUrl',
    });
    return tokenView(state);
  }
}

/** The state may come twice, beside the code and within what was pasted: then it must be one. */
function answerIn({ redirectUrl, code, state }: ExchangeBody): AuthorizationResponse {
  const response = parseRedirect(redirectUrl ?? code ?? '');
  if (state === undefined) return response;
  if (response.state !== undefined && response.state !== state) {
    throw new StateMismatch('What was pasted belongs to another state.');
  }
  return { ...response, state };
}
