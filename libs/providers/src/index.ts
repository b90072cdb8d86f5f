export type { OAuthPreset, OAuthPresetFields, OAuthQuirks } from './oauth-preset.types.js';
export { OAUTH_PRESETS } from './oauth.presets.js';
export type { PresetProtocol, ProviderPreset } from './preset.types.js';
export { presetNamed, protocolsOf, PROVIDER_PRESETS } from './presets.js';
