import { Controller, Delete, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ConfigSource } from '@muxgate/config';
import { CoolDownStore } from '@muxgate/target-health';
import { CalledBy, type Caller } from '../http/caller.js';
import { ProviderNotFound } from './admin.errors.js';
import { Needs } from './admin.guard.js';
import { AuditTrail } from '@muxgate/audit';

/** Providers that gateways send requests to. */
@ApiTags('providers')
@Controller('api/providers')
export class ProvidersController {
  constructor(
    private readonly config: ConfigSource,
    private readonly coolDowns: CoolDownStore,
    private readonly trail: AuditTrail,
  ) {}

  @Delete(':name/cooldown')
  @Needs('operator')
  @ApiOperation({ summary: 'End the rests of a provider’s targets, in every gateway' })
  @ApiOkResponse({ schema: { properties: { ended: { type: 'integer' } }, required: ['ended'] } })
  async endCoolDowns(
    @Param('name') name: string,
    @CalledBy() caller: Caller,
  ): Promise<{ readonly ended: number }> {
    if (!this.config.current().providers.has(name))
      throw new ProviderNotFound('There is no provider with this name.');
    const ended = await this.coolDowns.clearProvider(name);
    await this.trail.record({
      actor: caller.name,
      action: 'provider.end-cooldowns',
      subject: name,
      outcome: 'success',
      from: caller.address,
      details: { ended },
    });
    return { ended };
  }
}
