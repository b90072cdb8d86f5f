import type { Plugin } from '@muxgate/plugins';
import { OAUTH_PRESETS, PROVIDER_PRESETS, type OAuthPreset, type ProviderPreset } from '@muxgate/providers';

/** A plugin's name and its functions. */
export type PluginHooks = Pick<Plugin, 'name' | 'requestHeaders' | 'responseHeaders'>;

/** What the configuration can build on: the built-in presets and what plugins add. Fixed when the process starts. */
export interface Plugins {
  /** As `plugins:` names them. */
  readonly modules: readonly string[];
  readonly providerPresets: readonly ProviderPreset[];
  readonly oauthPresets: readonly OAuthPreset[];
  readonly hooks: readonly PluginHooks[];
}

export const NO_PLUGINS: Plugins = Object.freeze({
  modules: [],
  providerPresets: PROVIDER_PRESETS,
  oauthPresets: OAUTH_PRESETS,
  hooks: [],
});
