import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { StoredKeys } from '@muxgate/vault';
import { IsString, Length, Matches } from 'class-validator';
import { CalledBy, type Caller } from '../http/caller.js';
import { ApiPage, mapPage, PageQuery, type Page } from '../http/paging.js';
import { CredentialUnknown } from './admin.errors.js';
import { Needs } from './admin.guard.js';
import { AuditTrail } from '@muxgate/audit';
import { knownShape, wellFormed } from './credential-id.js';
import { StoredKeyView, storedKeyView } from './stored-key.view.js';

class StoredKeyBody {
  @ApiProperty({ writeOnly: true, description: 'the API key as the vendor gave it out; never read back' })
  @IsString()
  @Length(1, 8192)
  @Matches(/^[!-~]+$/, { message: 'value must be printable ASCII, without spaces or line breaks' })
  value!: string;
}

/** API keys of vendors, for providers with `auth: {type: storedKey}`. */
@ApiTags('credentials')
@Controller('api/credentials')
export class StoredKeysController {
  constructor(
    private readonly keys: StoredKeys,
    private readonly trail: AuditTrail,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'List stored API keys, without the keys' })
  @ApiPage(StoredKeyView)
  async list(@Query() page: PageQuery): Promise<Page<StoredKeyView>> {
    return mapPage(await this.keys.list(page), storedKeyView);
  }

  @Get(':credential')
  @Needs('viewer')
  @ApiOperation({ summary: 'One stored API key, without the key' })
  @ApiOkResponse({ type: StoredKeyView })
  async get(@Param('credential') credential: string): Promise<StoredKeyView> {
    const state = await this.keys.readState(knownShape(credential));
    if (state === undefined) throw unknown();
    return storedKeyView(state);
  }

  @Put(':credential')
  @Needs('operator')
  @ApiOperation({ summary: 'Store an API key, or replace it; gateways use it within a second' })
  @ApiOkResponse({ type: StoredKeyView })
  async put(
    @Param('credential') credential: string,
    @Body() { value }: StoredKeyBody,
    @CalledBy() caller: Caller,
  ): Promise<StoredKeyView> {
    const state = await this.keys.put(wellFormed(credential), value, caller.name);
    await this.record(caller, 'stored-key.put', credential, { generation: state.generation });
    return storedKeyView(state);
  }

  @Delete(':credential')
  @HttpCode(204)
  @Needs('operator')
  @ApiOperation({ summary: 'Forget a stored API key; it stays valid at its vendor' })
  @ApiNoContentResponse()
  async remove(@Param('credential') credential: string, @CalledBy() caller: Caller): Promise<void> {
    if (!(await this.keys.remove(knownShape(credential)))) throw unknown();
    await this.record(caller, 'stored-key.remove', credential, {});
  }

  private record(caller: Caller, action: string, subject: string, details: Record<string, unknown>) {
    return this.trail.record({
      actor: caller.name,
      action,
      subject,
      outcome: 'success',
      from: caller.address,
      details,
    });
  }
}

function unknown(): Error {
  return new CredentialUnknown('No API key is stored under this id.');
}
