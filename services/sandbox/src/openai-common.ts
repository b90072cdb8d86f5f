import type { PromptTokens } from './prompt-cache.js';
import { uncachedTokens, type PromptBlock, type PromptCache } from './prompt-cache.js';
import { stringOf, type JsonObject } from './json.js';
import { OPENAI_MODELS } from './models.js';
import { VendorError } from './vendor-error.js';

const CACHE_MINIMUM = 1_024;
const CACHE_STEP = 128;

/** Messages cached by prefix, without being asked, from 1,024 tokens in steps of 128; writing costs nothing. */
export function openaiPromptTokens(contents: readonly unknown[], cache: PromptCache): PromptTokens {
  const blocks: PromptBlock[] = contents.map((content) => ({ content, marked: true }));
  const plain = uncachedTokens(blocks);
  if (plain.total < CACHE_MINIMUM) return plain;
  const { read } = cache.measure(blocks);
  return { ...plain, read: read < CACHE_MINIMUM ? 0 : Math.floor(read / CACHE_STEP) * CACHE_STEP };
}

export function openaiModelOf(body: JsonObject): string {
  const model = stringOf(body['model']);
  if (model === undefined) throw new VendorError(400, 'you must provide a model parameter', 'model');
  if (!(OPENAI_MODELS as readonly string[]).includes(model)) {
    throw new VendorError(
      404,
      `The model '${model}' does not exist or you do not have access to it.`,
      'model',
    );
  }
  return model;
}

const CODES: Readonly<Record<number, string>> = {
  401: 'invalid_api_key',
  404: 'model_not_found',
  429: 'rate_limit_exceeded',
  503: 'server_overloaded',
};

export function openaiErrorBody({ status, message, param }: VendorError): {
  error: { message: string; type: string; param: string | null; code: string | null };
} {
  const type = status === 429 ? 'requests' : status >= 500 ? 'server_error' : 'invalid_request_error';
  return { error: { message, type, param, code: CODES[status] ?? null } };
}

export function openaiHeaders(requestId: string): Record<string, string> {
  return {
    'x-request-id': requestId,
    'openai-organization': 'sandbox',
    'openai-version': '2020-10-01',
    'openai-processing-ms': '1',
    'x-ratelimit-limit-requests': '10000',
    'x-ratelimit-remaining-requests': '9999',
    'x-ratelimit-reset-requests': '6ms',
    'x-ratelimit-limit-tokens': '2000000',
    'x-ratelimit-remaining-tokens': '1999999',
    'x-ratelimit-reset-tokens': '6ms',
  };
}

/** `tool_choice` as Chat writes it (`{function: {name}}`) and as Responses does (`{name}`). */
export function openaiToolChoice(choice: unknown, name: string | undefined) {
  if (name !== undefined) return { name };
  return choice === 'none' || choice === 'required' ? choice : 'auto';
}
