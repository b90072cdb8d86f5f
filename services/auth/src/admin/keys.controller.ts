import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { ClientKeyStore } from '@muxgate/clients';
import { ArrayMaxSize, IsArray, IsBoolean, IsISO8601, IsOptional, IsString, Length } from 'class-validator';
import { CalledBy, type Caller } from '../http/caller.js';
import { ApiPage, mapPage, PageQuery, type Page } from '../http/paging.js';
import { ValidationFailed } from '../http/http.errors.js';
import { ClientKeyNotFound } from './admin.errors.js';
import { Needs } from './admin.guard.js';
import { AuditTrail } from '@muxgate/audit';
import { ClientKeyView, createdKeyView, CreatedKeyView, keyView } from './client-key.view.js';

class CreateKeyBody {
  @ApiProperty({ example: 'ci' })
  @IsString()
  @Length(1, 128)
  name!: string;

  @ApiPropertyOptional({ example: 'platform' })
  @IsOptional()
  @IsString()
  @Length(1, 128)
  team?: string;

  @ApiPropertyOptional({ type: [String], description: 'models this key may ask for; absent: all' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1000)
  @IsString({ each: true })
  @Length(1, 256, { each: true })
  models?: string[];

  @ApiPropertyOptional({ description: 'may choose the provider by x-muxgate-provider' })
  @IsOptional()
  @IsBoolean()
  mayPin?: boolean;

  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  expiresAt?: string;
}

/** Keys of the gateway's clients. */
@ApiTags('keys')
@Controller('api/keys')
export class KeysController {
  constructor(
    private readonly store: ClientKeyStore,
    private readonly trail: AuditTrail,
  ) {}

  @Post()
  @Needs('operator')
  @ApiOperation({ summary: 'Create a client key; the only answer that holds the key' })
  @ApiCreatedResponse({ type: CreatedKeyView })
  async create(@Body() body: CreateKeyBody, @CalledBy() caller: Caller): Promise<CreatedKeyView> {
    const { expiresAt, ...rest } = body;
    const { client, key } = await this.store.create({
      ...rest,
      ...(expiresAt === undefined ? {} : { expiresAt: futureTime(expiresAt) }),
    });
    await this.record(caller, 'client-key.create', client.id, { name: client.name });
    return createdKeyView(client, key);
  }

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'List client keys, newest first' })
  @ApiPage(ClientKeyView)
  async list(@Query() page: PageQuery): Promise<Page<ClientKeyView>> {
    return mapPage(await this.store.list(page), keyView);
  }

  @Get(':id')
  @Needs('viewer')
  @ApiOperation({ summary: 'One client key, without the key' })
  @ApiOkResponse({ type: ClientKeyView })
  async get(@Param('id') id: string): Promise<ClientKeyView> {
    const client = await this.store.get(id);
    if (client === undefined) throw keyUnknown();
    return keyView(client);
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('operator')
  @ApiOperation({ summary: 'Revoke a client key' })
  @ApiNoContentResponse()
  async revoke(@Param('id') id: string, @CalledBy() caller: Caller): Promise<void> {
    if (!(await this.store.revoke(id))) throw keyUnknown();
    await this.record(caller, 'client-key.revoke', id, {});
  }

  private record(caller: Caller, action: string, id: string, details: Record<string, unknown>) {
    return this.trail.record({
      actor: caller.name,
      action,
      subject: id,
      outcome: 'success',
      from: caller.address,
      details,
    });
  }
}

function keyUnknown(): Error {
  return new ClientKeyNotFound('There is no client key with this id.');
}

function futureTime(text: string): number {
  const time = Date.parse(text);
  if (time > Date.now()) return time;
  const message = 'must be a time in the future';
  throw new ValidationFailed(`expiresAt: ${message}`, {
    members: { errors: [{ path: 'expiresAt', message }] },
  });
}
