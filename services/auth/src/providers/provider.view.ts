import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ConfigSnapshot, ProviderConfig } from '@muxgate/config';
import type { CoolDown } from '@muxgate/target-health';
import { isoTime } from '../http/paging.js';

class CoolDownView {
  @ApiProperty({ description: 'the upstream model' }) model!: string;
  @ApiPropertyOptional({ description: 'only for requests with this credential' }) credential?: string;
  @ApiProperty({ format: 'date-time' }) until!: string;
  @ApiProperty({ description: 'in a row' }) failures!: number;
}

class AuthView {
  @ApiProperty() type!: string;
  @ApiPropertyOptional() credential?: string;
}

export class ProviderView {
  @ApiProperty() name!: string;
  @ApiPropertyOptional() preset?: string;
  @ApiProperty() protocol!: string;
  @ApiProperty() baseUrl!: string;
  @ApiProperty() auth!: AuthView;
  @ApiProperty() enabled!: boolean;
  @ApiProperty() allowPrivateNetwork!: boolean;
  @ApiProperty({ type: [String], description: 'names that have a target here' }) models!: readonly string[];
  @ApiProperty({
    enum: ['healthy', 'resting', 'disabled'],
    description: 'resting: all or some of its targets',
  })
  health!: 'healthy' | 'resting' | 'disabled';
  @ApiProperty({ type: [CoolDownView] }) coolDowns!: readonly CoolDownView[];
}

/** @param now epoch milliseconds */
export function providerView(
  { name, preset, protocol, baseUrl, auth, enabled, allowPrivateNetwork }: ProviderConfig,
  { models }: ConfigSnapshot,
  coolDowns: readonly CoolDown[],
  now: number,
): ProviderView {
  const resting = coolDowns.filter(({ provider, until }) => provider === name && until > now);
  return {
    name,
    ...(preset === undefined ? {} : { preset }),
    protocol,
    baseUrl,
    auth: { type: auth.type, ...('credential' in auth ? { credential: auth.credential } : {}) },
    enabled,
    allowPrivateNetwork,
    models: [...models.values()]
      .filter(({ targets }) => targets.some(({ provider }) => provider === name))
      .map((model) => model.name),
    health: enabled ? (resting.length === 0 ? 'healthy' : 'resting') : 'disabled',
    coolDowns: resting.map(({ provider: _, until, ...coolDown }) => ({ ...coolDown, until: isoTime(until) })),
  };
}
