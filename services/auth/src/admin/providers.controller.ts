import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { ConfigSource, type ProviderConfig } from '@muxgate/config';
import { CoolDownStore } from '@muxgate/target-health';
import { IsOptional, IsString, Length } from 'class-validator';
import { CalledBy, type Caller } from '../http/caller.js';
import { ApiPage, type Page } from '../http/paging.js';
import { providerView, ProviderView } from '../providers/provider.view.js';
import { TestProvider, type TestOutcome } from '../providers/test-provider.js';
import { ProviderNotFound } from './admin.errors.js';
import { Needs } from './admin.guard.js';
import { AuditTrail } from '@muxgate/audit';

class TestBody {
  @ApiPropertyOptional({ description: 'upstream model; one that has a target there unless told' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  model?: string;
}

class TestView {
  @ApiProperty() ok!: boolean;
  @ApiProperty({ description: 'what came back, in a sentence' }) says!: string;
  @ApiProperty({ description: 'the upstream model that was asked for' }) model!: string;
  @ApiProperty() latencyMs!: number;
  @ApiPropertyOptional() status?: number;
  @ApiPropertyOptional({ description: 'what the provider said went wrong' }) error?: string;
}

/** Providers that gateways send requests to. */
@ApiTags('providers')
@Controller('api/providers')
export class ProvidersController {
  constructor(
    private readonly config: ConfigSource,
    private readonly coolDowns: CoolDownStore,
    private readonly tests: TestProvider,
    private readonly trail: AuditTrail,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'Configured providers, with their health' })
  @ApiPage(ProviderView)
  async list(): Promise<Page<ProviderView>> {
    const snapshot = this.config.current();
    const coolDowns = await this.coolDowns.all();
    const items = [...snapshot.providers.values()].map((provider) =>
      providerView(provider, snapshot, coolDowns, Date.now()),
    );
    return { items };
  }

  @Post(':name/test')
  @HttpCode(200)
  @Needs('operator')
  @ApiOperation({ summary: 'Send one small real request there, and say what came back' })
  @ApiOkResponse({ type: TestView })
  async test(
    @Param('name') name: string,
    @Body() { model }: TestBody,
    @CalledBy() caller: Caller,
  ): Promise<TestOutcome> {
    const outcome = await this.tests.run(this.config.current(), this.find(name), model);
    await this.trail.record({
      actor: caller.name,
      action: 'provider.test',
      subject: name,
      outcome: outcome.ok ? 'success' : 'failure',
      from: caller.address,
      details: { says: outcome.says },
    });
    return outcome;
  }

  @Delete(':name/cooldown')
  @Needs('operator')
  @ApiOperation({ summary: 'End the rests of a provider’s targets, in every gateway' })
  @ApiOkResponse({ schema: { properties: { ended: { type: 'integer' } }, required: ['ended'] } })
  async endCoolDowns(
    @Param('name') name: string,
    @CalledBy() caller: Caller,
  ): Promise<{ readonly ended: number }> {
    this.find(name);
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

  private find(name: string): ProviderConfig {
    const provider = this.config.current().providers.get(name);
    if (provider === undefined) throw new ProviderNotFound('There is no provider with this name.');
    return provider;
  }
}
