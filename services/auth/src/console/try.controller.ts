import { Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import {
  ApiExcludeEndpoint,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { IsIn, IsObject, IsOptional, IsString, Length } from 'class-validator';
import type { Response } from 'express';
import { Needs } from '../admin/admin.guard.js';
import type { AuthRequest } from '../http/auth-request.js';
import { callerOf } from '../http/caller.js';
import { GatewayDirectory } from './gateway-directory.js';
import { TryRequests, type TrySurface } from './try-requests.js';

const SURFACES: readonly TrySurface[] = ['anthropic-messages', 'openai-chat', 'openai-responses'];

class GatewayView {
  @ApiPropertyOptional({ description: 'what developers point their clients at' }) url?: string;
  @ApiProperty({ type: [String] }) models!: string[];
}

class TryBody {
  @ApiProperty({ enum: SURFACES })
  @IsIn(SURFACES)
  surface!: TrySurface;

  @ApiPropertyOptional({ description: 'asks for this provider, whatever the routing says' })
  @IsOptional()
  @IsString()
  @Length(1, 128)
  provider?: string;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'the request of that surface' })
  @IsObject()
  body!: Record<string, unknown>;
}

/** The console's own way to the gateway: a page may talk to this service only. */
@ApiTags('console')
@Controller('api')
export class TryController {
  constructor(
    private readonly gateway: GatewayDirectory,
    private readonly requests: TryRequests,
  ) {}

  @Get('gateway')
  @Needs('viewer')
  @ApiOperation({ summary: 'Where the gateway is and which models it offers' })
  @ApiOkResponse({ type: GatewayView })
  describe(): GatewayView {
    const { publicUrl, models } = this.gateway;
    return publicUrl === undefined ? { models } : { url: publicUrl, models };
  }

  /** Answers with the gateway's headers and body as they come, and its status in `x-muxgate-try-status`. */
  @Post('try')
  @HttpCode(200)
  @Needs('operator')
  @ApiExcludeEndpoint()
  try(@Body() body: TryBody, @Req() request: AuthRequest, @Res() response: Response): Promise<void> {
    return this.requests.send(body, callerOf(request), request.id, response);
  }
}
