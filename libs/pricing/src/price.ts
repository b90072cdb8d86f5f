/**
 * Tokens of one answer, as all of Muxgate counts them: `inputTokens` were neither read from nor written to a prompt
 * cache; `cacheCreation1hTokens` are a part of `cacheCreationTokens`, `reasoningTokens` one of `outputTokens`.
 */
export interface TokenCounts {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheCreationTokens: number;
  readonly cacheCreation1hTokens: number;
  readonly reasoningTokens: number;
}

/** Pico-USD (10⁻¹² USD) a token: whole numbers down to a millionth of a USD per million tokens. */
export interface Rates {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheWrite1h: number;
  readonly reasoning: number;
}

/** What one target charges: `base`, or the rates of the highest tier whose prompt length is exceeded. */
export interface Price {
  readonly source: 'configuration' | 'list';
  readonly base: Rates;
  /** by ascending `above`: tokens of the whole prompt, cached ones included */
  readonly tiers: readonly { readonly above: number; readonly rates: Rates }[];
}

/** USD per million tokens → pico-USD a token. */
export function picoUsdPerToken(usdPerMillion: number): number {
  return Math.round(usdPerMillion * 1_000_000);
}

/**
 * Nano-USD (10⁻⁹ USD), whole: rounded once, here, for each answer. Sums of whole numbers are equal in whatever order
 * they are made; up to nine million USD a double holds them exactly.
 */
export function costNanoUsd(price: Price, tokens: TokenCounts): number {
  const { inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens } = tokens;
  let rates = price.base;
  if (price.tiers.length > 0) {
    const prompt = inputTokens + cacheReadTokens + cacheCreationTokens;
    for (const tier of price.tiers) if (prompt > tier.above) rates = tier.rates;
  }
  const written1h = Math.min(tokens.cacheCreation1hTokens, cacheCreationTokens);
  const reasoned = Math.min(tokens.reasoningTokens, outputTokens);
  const picoUsd =
    inputTokens * rates.input +
    (outputTokens - reasoned) * rates.output +
    reasoned * rates.reasoning +
    cacheReadTokens * rates.cacheRead +
    (cacheCreationTokens - written1h) * rates.cacheWrite +
    written1h * rates.cacheWrite1h;
  return Math.round(picoUsd / 1000);
}
