import { Controller, Get, Headers, Inject, Param } from '@nestjs/common';
import type { Client } from '@muxgate/clients';
import { ConfigSource, type ModelConfig } from '@muxgate/config';
import { modelFor, modelsFor } from '@muxgate/routing';
import type { IncomingHttpHeaders } from 'node:http';
import { ANONYMOUS, identifyClient } from '../proxy/client-auth.js';
import { ClientKeys } from '../proxy/client-keys.js';

/** The catalogue is configuration, without a date of its own: the same for all, so that answers can be compared. */
const CREATED = 0;
const CREATED_AT = new Date(CREATED).toISOString();

/** The models that this client may use, in Anthropic's shape where `anthropic-version` is sent, else in OpenAI's. */
@Controller('v1/models')
export class ModelsController {
  constructor(
    @Inject(ConfigSource) private readonly config: ConfigSource,
    @Inject(ClientKeys) private readonly clientKeys: ClientKeys,
  ) {}

  @Get()
  async list(@Headers() headers: IncomingHttpHeaders): Promise<object> {
    const client = await this.identify(headers);
    const models = modelsFor(this.config.current(), client);
    if (!isAnthropic(headers)) return { object: 'list', data: models.map(openaiModel) };
    return {
      data: models.map(anthropicModel),
      has_more: false,
      first_id: models[0]?.name ?? null,
      last_id: models.at(-1)?.name ?? null,
    };
  }

  @Get('*')
  async one(@Headers() headers: IncomingHttpHeaders, @Param('*') id: string): Promise<object> {
    const client = await this.identify(headers);
    const model = modelFor(this.config.current(), client, id);
    return isAnthropic(headers) ? anthropicModel(model) : openaiModel(model);
  }

  private async identify(headers: IncomingHttpHeaders): Promise<Client> {
    const snapshot = this.config.current();
    if (snapshot.clients.authentication === 'disabled') return ANONYMOUS;
    return identifyClient(headers, this.clientKeys, snapshot, Date.now());
  }
}

function isAnthropic(headers: IncomingHttpHeaders): boolean {
  return headers['anthropic-version'] !== undefined;
}

function anthropicModel({ name }: ModelConfig): object {
  return { type: 'model', id: name, display_name: name, created_at: CREATED_AT };
}

function openaiModel({ name }: ModelConfig): object {
  return { id: name, object: 'model', created: CREATED, owned_by: 'muxgate' };
}
