import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AuditTrail } from '@muxgate/audit';
import { MaintenanceQueue } from '@muxgate/refresh-queue';
import { RewrapProgress } from '@muxgate/vault';
import { Needs } from '../admin/admin.guard.js';
import { CalledBy, type Caller } from '../http/caller.js';
import { NoRewrap } from './custody.errors.js';
import { KeyUseReader } from './key-use.js';
import { KeysView, RewrapView, rewrapView } from './vault.view.js';

/** The keys that seal what is at rest, and the change from one to another. */
@ApiTags('custody')
@Controller('api/vault')
export class VaultController {
  constructor(
    private readonly keyUse: KeyUseReader,
    private readonly progress: RewrapProgress,
    private readonly queue: MaintenanceQueue,
    private readonly trail: AuditTrail,
  ) {}

  @Get('keys')
  @Needs('viewer')
  @ApiOperation({
    summary: 'The key rings: how many envelopes each key seals; one that seals none may leave',
  })
  @ApiOkResponse({ type: KeysView })
  keys(): Promise<KeysView> {
    return this.keyUse.read();
  }

  @Get('rewrap')
  @Needs('viewer')
  @ApiOperation({ summary: 'How far the last rewrap is' })
  @ApiOkResponse({ type: RewrapView })
  async rewrapState(): Promise<RewrapView> {
    const state = await this.progress.read();
    if (state === undefined) throw new NoRewrap('No rewrap was ever asked for.');
    return rewrapView(state);
  }

  @Post('rewrap')
  @HttpCode(202)
  @Needs('admin')
  @ApiOperation({
    summary: 'Seal everything with the first key of its ring, through the worker; one at a time',
  })
  @ApiAcceptedResponse({ type: RewrapView })
  async rewrap(@CalledBy() caller: Caller): Promise<RewrapView> {
    const under = await this.progress.read();
    const isUnderWay = under !== undefined && under.status !== 'done';
    const state = isUnderWay ? under : await this.progress.begin(caller.name);
    await this.queue.rewrap();
    await this.trail.record({
      actor: caller.name,
      action: 'vault.rewrap',
      subject: state.id,
      outcome: 'success',
      from: caller.address,
      details: { records: state.total, resumed: isUnderWay },
    });
    return rewrapView(state);
  }
}
