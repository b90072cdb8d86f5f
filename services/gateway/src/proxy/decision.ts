import type { ModelConfig, ProviderConfig, TargetConfig } from '@muxgate/config';
import type { HealthPlace } from '../targets/target-health.js';

/** Where a request goes, and by which rule. */
export interface Decision {
  readonly rule: string;
  readonly model: ModelConfig;
  readonly provider: ProviderConfig;
  readonly target: TargetConfig;
  readonly place: HealthPlace;
}
