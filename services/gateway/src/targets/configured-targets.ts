import type { ConfigSnapshot, TargetConfig } from '@muxgate/config';

/** Every target of every model; one that several models share comes several times. */
export function* configuredTargets({ models }: ConfigSnapshot): Generator<TargetConfig> {
  for (const { targets } of models.values()) yield* targets;
}
