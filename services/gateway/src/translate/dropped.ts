import type { LanguageModelV4Content, SharedV4Warning } from '@ai-sdk/provider';
import type { Json } from './json.js';

const MAX_NAMES = 30;
const NOT_A_NAME = /[^\w.-]+/g;
/** What the library calls a setting, where the client's word is another. */
const FEATURES: Readonly<Record<string, string>> = {
  topK: 'top_k',
  topP: 'top_p',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  responseFormat: 'response_format',
  stopSequences: 'stop',
  maxOutputTokens: 'max_tokens',
};

/** Names of what a translated request could not carry, for the response header `x-muxgate-dropped`. */
export class Dropped {
  private readonly names = new Set<string>();

  add(name: string): void {
    if (this.names.size < MAX_NAMES) this.names.add(name.replace(NOT_A_NAME, '_').slice(0, 64));
  }

  /** Every field of `from` that is set and not among those `read`. */
  unread(from: Json, read: ReadonlySet<string>, prefix = ''): void {
    for (const [name, value] of Object.entries(from)) {
      if (!read.has(name) && value !== null && value !== undefined) this.add(prefix + name);
    }
  }

  /** Parts of an answer that no surface has a place for. */
  uncarried(content: readonly LanguageModelV4Content[]): void {
    for (const part of content) {
      if (part.type === 'source') this.add('citations');
      else if (part.type === 'tool-call' && part.providerExecuted === true)
        this.add(`server_tools.${part.toolName}`);
      else if (part.type === 'file') this.add('files');
    }
  }

  warnings(warnings: readonly SharedV4Warning[]): void {
    for (const warning of warnings) {
      // an effort that the model does not know became another
      if (warning.type === 'compatibility' && warning.feature === 'reasoning') this.add('effort');
      if (warning.type === 'unsupported') this.add(FEATURES[warning.feature] ?? warning.feature);
    }
  }

  get headers(): string[] {
    return this.names.size === 0 ? [] : ['x-muxgate-dropped', [...this.names].join(', ')];
  }
}
