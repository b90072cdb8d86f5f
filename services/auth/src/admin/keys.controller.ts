import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { ClientKeyInput } from '@muxgate/clients';
import { CalledBy, type Caller } from '../http/caller.js';
import { ValidationFailed } from '../http/http.errors.js';
import { ApiPage, PageQuery, type Page } from '../http/paging.js';
import { Needs } from './admin.guard.js';
import { AuditTrail } from '@muxgate/audit';
import { BudgetStates } from './budget-states.js';
import { assertChangeable, ClientDirectory, keyUnknown } from './client-directory.js';
import { ChangeKeyBody, CreateKeyBody, RotateKeyBody } from './client-key.body.js';
import { ClientKeyView, CreatedKeyView, keyView } from './client-key.view.js';

/** Keys of the gateway's clients. */
@ApiTags('keys')
@Controller('api/keys')
export class KeysController {
  constructor(
    private readonly directory: ClientDirectory,
    private readonly budgets: BudgetStates,
    private readonly trail: AuditTrail,
  ) {}

  @Post()
  @Needs('operator')
  @ApiOperation({ summary: 'Create a client key; the only answer that holds the key' })
  @ApiCreatedResponse({ type: CreatedKeyView })
  async create(@Body() body: CreateKeyBody, @CalledBy() caller: Caller): Promise<CreatedKeyView> {
    const input = Object.fromEntries(
      Object.entries(settings(body)).filter(([, value]) => value !== undefined),
    );
    const { client, key } = await this.directory.keys.create(input as unknown as ClientKeyInput);
    await this.record(caller, 'client-key.create', client.id, { name: client.name });
    return Object.assign(keyView({ ...client, source: 'api' }), { key });
  }

  @Get()
  @Needs('viewer')
  @ApiOperation({
    summary: 'List client keys: those of the configuration file, then the others, newest first',
  })
  @ApiPage(ClientKeyView)
  async list(@Query() page: PageQuery): Promise<Page<ClientKeyView>> {
    const { items, ...rest } = await this.directory.list(page);
    const lastUsed = await this.directory.keys.lastUsed(items.map(({ id }) => id));
    return { ...rest, items: items.map((item) => keyView(item, lastUsed.get(item.id))) };
  }

  @Get(':id')
  @Needs('viewer')
  @ApiOperation({ summary: 'One client key, without the key' })
  @ApiOkResponse({ type: ClientKeyView })
  async get(@Param('id') id: string): Promise<ClientKeyView> {
    const key = await this.directory.key(id);
    const view = keyView(key, (await this.directory.keys.lastUsed([id])).get(id));
    return key.budget === undefined
      ? view
      : Object.assign(view, { budget: await this.budgets.of('key', id, key.budget) });
  }

  @Patch(':id')
  @Needs('operator')
  @ApiOperation({ summary: 'Change a client key: what is absent stays, what is null goes' })
  @ApiOkResponse({ type: ClientKeyView })
  async change(
    @Param('id') id: string,
    @Body() body: ChangeKeyBody,
    @CalledBy() caller: Caller,
  ): Promise<ClientKeyView> {
    assertChangeable(await this.directory.key(id));
    const changes = settings(body);
    if ('mayPin' in changes) changes.mayPin ??= false;
    const client = await this.directory.keys.update(id, changes);
    if (client === undefined) throw keyUnknown();
    await this.record(caller, 'client-key.change', id, { changed: Object.keys(changes) });
    return this.get(id);
  }

  @Post(':id/rotate')
  @HttpCode(200)
  @Needs('operator')
  @ApiOperation({
    summary: 'A new key for the same client; the one before is valid for overlapSeconds still',
  })
  @ApiOkResponse({ type: CreatedKeyView })
  async rotate(
    @Param('id') id: string,
    @Body() { overlapSeconds }: RotateKeyBody,
    @CalledBy() caller: Caller,
  ): Promise<CreatedKeyView> {
    assertChangeable(await this.directory.key(id));
    const rotated = await this.directory.keys.rotate(id, overlapSeconds * 1000);
    if (rotated === undefined) throw keyUnknown();
    await this.record(caller, 'client-key.rotate', id, { overlapSeconds });
    return Object.assign(await this.get(id), { key: rotated.key });
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('operator')
  @ApiOperation({ summary: 'Revoke a client key' })
  @ApiNoContentResponse()
  async revoke(@Param('id') id: string, @CalledBy() caller: Caller): Promise<void> {
    assertChangeable(await this.directory.key(id));
    if (!(await this.directory.keys.revoke(id))) throw keyUnknown();
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

type Settings = { [K in keyof ClientKeyInput]?: ClientKeyInput[K] | undefined } & {
  mayPin?: boolean | undefined;
};

/** What a body gives; null, which takes a setting away, as undefined. */
function settings(body: ChangeKeyBody | CreateKeyBody): Settings {
  const { expiresAt, ...rest } = Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, value ?? undefined]),
  );
  return 'expiresAt' in body
    ? { ...rest, expiresAt: expiresAt === undefined ? undefined : futureTime(expiresAt as string) }
    : rest;
}

function futureTime(text: string): number {
  const time = Date.parse(text);
  if (time > Date.now()) return time;
  const message = 'must be a time in the future';
  throw new ValidationFailed(`expiresAt: ${message}`, {
    members: { errors: [{ path: 'expiresAt', message }] },
  });
}
