import { ANTHROPIC_PRESETS } from './anthropic.presets.js';
import { CLOUD_PRESETS } from './cloud.presets.js';
import { LOCAL_PRESETS } from './local.presets.js';
import { OPENAI_PRESETS } from './openai.presets.js';
import type { PresetProtocol, ProviderPreset } from './preset.types.js';

export const PROVIDER_PRESETS: readonly ProviderPreset[] = Object.freeze([
  ...ANTHROPIC_PRESETS,
  ...OPENAI_PRESETS,
  ...CLOUD_PRESETS,
  ...LOCAL_PRESETS,
]);

export function presetNamed<T extends { readonly name: string }>(
  presets: readonly T[],
  name: string | undefined,
): T | undefined {
  return presets.find((preset) => preset.name === name);
}

/** What is spoken at the preset's base URL, its own protocol first. */
export function protocolsOf(preset: ProviderPreset): readonly PresetProtocol[] {
  return [preset.protocol, ...(preset.alsoSpeaks ?? [])];
}
