import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import type { AppError } from '@muxgate/runtime';
import { StreamTruncated, UpstreamBroken } from '../proxy/errors.js';
import { usageOf, type Finish } from './answer.js';
import { isObject } from './json.js';

type End = Pick<LanguageModelV4GenerateResult, 'finishReason' | 'usage' | 'providerMetadata'>;

/** @throws StreamTruncated where the library made up an end that upstream did not send */
export function streamedFinish(end: End, provider: string): Finish {
  const { unified, raw } = end.finishReason;
  if (unified === 'error' || unified === 'interrupted' || (unified === 'other' && raw === undefined))
    throw truncated(provider);
  return finishOf(end);
}

/** @throws UpstreamBroken where upstream says that it failed */
export function wholeFinish(end: End, provider: string): Finish {
  if (end.finishReason.unified === 'error') throw new UpstreamBroken(`provider ${provider} failed to answer`);
  return finishOf(end);
}

export function truncated(provider: string): AppError {
  return new StreamTruncated(`the stream of provider ${provider} ended before its end`);
}

function finishOf({ finishReason, usage, providerMetadata }: End): Finish {
  const told = providerMetadata?.['anthropic'] ?? providerMetadata?.['amazonBedrock'];
  const stopSequence = isObject(told) ? told['stopSequence'] : undefined;
  return {
    reason: finishReason.unified,
    stopSequence: typeof stopSequence === 'string' ? stopSequence : undefined,
    usage: usageOf(usage),
  };
}
