import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { ConfigSource } from '@muxgate/config';
import { scanBody } from '@muxgate/json-scan';
import { explainRoute, RequestRouter, type RouteExplanation } from '@muxgate/routing';
import { CoolDownStore } from '@muxgate/target-health';
import { IsIn, IsObject, IsOptional, IsString, Length } from 'class-validator';
import { Needs } from './admin.guard.js';
import { ClientDirectory } from './client-directory.js';
import { RouteView } from './route.view.js';

const SURFACES = ['anthropic-messages', 'openai-chat', 'openai-responses'] as const;

/** Nobody in particular: a client that is not named may ask for everything but choose no provider. */
const ANYONE = { id: 'anonymous', name: 'anonymous', mayPin: false };

class ExplainBody {
  @ApiProperty({ description: 'the request body as a client would send it to the gateway' })
  @IsObject()
  body!: object;

  @ApiPropertyOptional({ description: 'its headers', additionalProperties: { type: 'string' } })
  @IsOptional()
  @IsObject()
  headers?: Record<string, unknown>;

  @ApiPropertyOptional({ description: 'id of the client key that would send it' })
  @IsOptional()
  @IsString()
  @Length(1, 128)
  client?: string;

  @ApiPropertyOptional({ enum: SURFACES, default: SURFACES[0] })
  @IsOptional()
  @IsIn(SURFACES)
  surface: (typeof SURFACES)[number] = SURFACES[0];
}

/** What the gateway would do with a request, by the code that does it. */
@ApiTags('routing')
@Controller('api/route')
export class RouteController {
  private readonly requests = new RequestRouter();

  constructor(
    private readonly config: ConfigSource,
    private readonly clients: ClientDirectory,
    private readonly coolDowns: CoolDownStore,
  ) {}

  @Post('explain')
  @HttpCode(200)
  @Needs('viewer')
  @ApiOperation({ summary: 'Which rule, model and targets would serve a request, and why' })
  @ApiOkResponse({ type: RouteView })
  async explain(@Body() { body, headers, client, surface }: ExplainBody): Promise<RouteExplanation> {
    const bytes = Buffer.from(JSON.stringify(body));
    const request = {
      snapshot: this.config.current(),
      protocol: surface,
      client: client === undefined ? ANYONE : await this.clients.client(client),
      headers: lowerCased(headers ?? {}),
      body: bytes,
      scanned: scanBody(bytes),
    };
    return explainRoute(this.requests, request, await this.coolDowns.all(), Date.now());
  }
}

function lowerCased(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name.toLowerCase(), value]] : [],
    ),
  );
}
