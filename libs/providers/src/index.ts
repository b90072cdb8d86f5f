export { PROVIDER_PRESETS, findProviderPreset, type ProviderPreset } from './presets.js';
