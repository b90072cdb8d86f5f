import { skipSpace, valueAt, type Range } from '@muxgate/json-scan';
import type { SurfaceName } from './surface.js';

/**
 * Tokens of one answer, counted alike for all vendors: `inputTokens` is what was neither read from nor written
 * to the prompt cache; `outputTokens` includes `reasoningTokens`.
 */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheCreationTokens: number;
  /** the part of `cacheCreationTokens` that is kept for an hour, and costs more */
  readonly cacheCreation1hTokens: number;
  readonly reasoningTokens: number;
  /** the part of all of them that went into a summary of the context, a request of its own within this one */
  readonly compaction?: Counts;
}

export type Counts = Omit<Usage, 'compaction'>;

export const NO_USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheCreationTokens: 0,
  cacheCreation1hTokens: 0,
  reasoningTokens: 0,
};

/** A usage object is a few hundred bytes; one beyond this is not worth trusting. */
const MAX_USAGE_BYTES = 64 * 1024;

/** Usage of a whole JSON answer, found without parsing the answer; undefined where it does not say. */
export function readJsonUsage(protocol: SurfaceName, body: Buffer): Usage | undefined {
  return readUsage(protocol, body, valueAt(body, skipSpace(body, 0), ['usage']));
}

/**
 * Reads the vendor's usage object at `range`. Anthropic reports in parts (`message_start`, then cumulative
 * `message_delta`), so what the object leaves out is kept from `previous`.
 */
export function readUsage(
  protocol: SurfaceName,
  body: Buffer,
  range: Range | undefined,
  previous?: Usage,
): Usage | undefined {
  if (range === undefined || range.end - range.start > MAX_USAGE_BYTES) return previous;
  const wire = parseObject(body, range);
  if (wire === undefined) return previous;
  switch (protocol) {
    case 'anthropic-messages':
      return anthropicUsage(wire, previous);
    case 'openai-chat':
      return openaiUsage(wire, 'prompt', 'completion') ?? previous;
    case 'openai-responses':
      return openaiUsage(wire, 'input', 'output') ?? previous;
  }
}

type Wire = Record<string, unknown>;

/**
 * https://docs.anthropic.com/en/api/messages: `input_tokens` already excludes both cache counts, and none of the counts
 * includes what a compaction took, which `iterations` tells.
 */
function anthropicUsage(wire: Wire, previous: Usage | undefined): Usage | undefined {
  if (count(wire['input_tokens']) === undefined && count(wire['output_tokens']) === undefined)
    return previous;
  const before = previous === undefined ? NO_USAGE : withoutCompaction(previous);
  const told = anthropicCounts(wire, before);
  const iterations = wire['iterations'];
  const compaction = Array.isArray(iterations) ? compactionIn(iterations) : previous?.compaction;
  return compaction === undefined ? told : { ...sumOf(told, compaction), compaction };
}

function compactionIn(iterations: readonly unknown[]): Counts | undefined {
  return iterations
    .map((iteration) => asObject(iteration) ?? {})
    .filter(({ type }) => type === 'compaction')
    .map((iteration) => anthropicCounts(iteration, NO_USAGE))
    .reduce<Counts | undefined>((sum, one) => (sum === undefined ? one : sumOf(sum, one)), undefined);
}

/** What `wire` does not say is as it was `before`. */
function anthropicCounts(wire: Wire, before: Counts): Counts {
  return {
    inputTokens: count(wire['input_tokens']) ?? before.inputTokens,
    outputTokens: count(wire['output_tokens']) ?? before.outputTokens,
    cacheReadTokens: count(wire['cache_read_input_tokens']) ?? before.cacheReadTokens,
    cacheCreationTokens: count(wire['cache_creation_input_tokens']) ?? before.cacheCreationTokens,
    cacheCreation1hTokens:
      count(objectAt(wire, 'cache_creation')['ephemeral_1h_input_tokens']) ?? before.cacheCreation1hTokens,
    reasoningTokens:
      count(objectAt(wire, 'output_tokens_details')['thinking_tokens']) ?? before.reasoningTokens,
  };
}

function sumOf(one: Counts, other: Counts, sign: 1 | -1 = 1): Counts {
  return {
    inputTokens: one.inputTokens + sign * other.inputTokens,
    outputTokens: one.outputTokens + sign * other.outputTokens,
    cacheReadTokens: one.cacheReadTokens + sign * other.cacheReadTokens,
    cacheCreationTokens: one.cacheCreationTokens + sign * other.cacheCreationTokens,
    cacheCreation1hTokens: one.cacheCreation1hTokens + sign * other.cacheCreation1hTokens,
    reasoningTokens: one.reasoningTokens + sign * other.reasoningTokens,
  };
}

/** What the answer itself took. */
export function withoutCompaction(usage: Usage): Counts {
  return usage.compaction === undefined ? usage : sumOf(usage, usage.compaction, -1);
}

/** https://platform.openai.com/docs/api-reference: the total of the prompt includes what the cache gave and took. */
function openaiUsage(wire: Wire, inputName: string, outputName: string): Usage | undefined {
  const input = count(wire[`${inputName}_tokens`]);
  const output = count(wire[`${outputName}_tokens`]);
  if (input === undefined && output === undefined) return undefined;
  const inputDetails = objectAt(wire, `${inputName}_tokens_details`);
  const cacheReadTokens = count(inputDetails['cached_tokens']) ?? 0;
  const cacheCreationTokens = count(inputDetails['cache_write_tokens']) ?? 0;
  return {
    inputTokens: Math.max(0, (input ?? 0) - cacheReadTokens - cacheCreationTokens),
    outputTokens: output ?? 0,
    cacheReadTokens,
    cacheCreationTokens,
    cacheCreation1hTokens: 0,
    reasoningTokens: count(objectAt(wire, `${outputName}_tokens_details`)['reasoning_tokens']) ?? 0,
  };
}

/** Four bytes a token: a rough figure for what nobody counted, marked as estimated. */
export function estimateTokens(bytes: number): number {
  return Math.ceil(bytes / 4);
}

function parseObject(body: Buffer, range: Range): Wire | undefined {
  try {
    return asObject(JSON.parse(body.toString('utf8', range.start, range.end)));
  } catch {
    return undefined;
  }
}

function objectAt(wire: Wire, name: string): Wire {
  return asObject(wire[name]) ?? {};
}

function asObject(value: unknown): Wire | undefined {
  return typeof value === 'object' && value !== null ? (value as Wire) : undefined;
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
