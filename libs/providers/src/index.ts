export type { PresetProtocol, ProviderPreset } from './preset.types.js';
export { findProviderPreset, protocolsOf, PROVIDER_PRESETS } from './presets.js';
