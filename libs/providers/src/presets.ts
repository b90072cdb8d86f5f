/** What `providers[].preset` fills in; whatever the configuration says beside it wins. */
export interface ProviderPreset {
  readonly name: string;
  readonly protocol: 'anthropic-messages' | 'openai-chat';
  /** As the vendor's own SDK takes it. */
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly docs: string;
}

export const PROVIDER_PRESETS: readonly ProviderPreset[] = Object.freeze([
  {
    name: 'anthropic',
    protocol: 'anthropic-messages',
    baseUrl: 'https://api.anthropic.com',
    headers: {},
    docs: 'https://docs.claude.com/en/api/overview',
  },
  {
    name: 'openai',
    protocol: 'openai-chat',
    baseUrl: 'https://api.openai.com/v1',
    headers: {},
    docs: 'https://platform.openai.com/docs/api-reference',
  },
]);

export function findProviderPreset(name: string): ProviderPreset | undefined {
  return PROVIDER_PRESETS.find((preset) => preset.name === name);
}
