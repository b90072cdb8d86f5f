import { createRequire } from 'node:module';
import type { ProviderConfig } from '@muxgate/config';
import type { ModelPrice } from '@pydantic/genai-prices';
import { picoUsdPerToken, type Price, type Rates } from './price.js';

export interface PriceListFacts {
  readonly name: string;
  readonly version: string;
  /** the day on which this version of the list was published */
  readonly date: string;
}

/** The list has no date inside; a test holds this one to the version that is installed. */
export const PRICE_LIST: PriceListFacts = {
  name: '@pydantic/genai-prices',
  version: '0.1.8',
  date: '2026-09-23',
};

type GenaiPrices = typeof import('@pydantic/genai-prices');

let loaded: GenaiPrices | undefined;

/** Takes 70 ms and some megabytes, so only where a price is looked for; it comes with the package, no network. */
function list(): GenaiPrices {
  loaded ??= createRequire(import.meta.url)('@pydantic/genai-prices') as GenaiPrices;
  return loaded;
}

export interface ListPrice {
  readonly price: Price;
  /** The vendor's price depends on the date or the time of day: ask again later. */
  readonly changes: boolean;
}

/** What the list says of a vendor's model at a time (epoch ms); undefined where it does not know it. */
export function findListPrice(provider: ProviderConfig, model: string, at: number): ListPrice | undefined {
  const vendor = vendorOf(provider);
  if (vendor === undefined) return undefined;
  const found = list().calcPrice({}, model, { providerId: vendor, timestamp: new Date(at) });
  if (found === null) return undefined;
  return { price: priceOf(found.model_price), changes: Array.isArray(found.model.prices) };
}

/** The vendor that a preset names, else the one whose API is at the provider's base URL. */
export function vendorOf({
  preset,
  baseUrl,
}: Pick<ProviderConfig, 'preset' | 'baseUrl'>): string | undefined {
  const named =
    preset === undefined
      ? undefined
      : list().findProvider({ providerId: preset.replace(/-(anthropic|openai)$/, '') });
  return (named ?? list().findProvider({ providerApiUrl: baseUrl }))?.id;
}

/** A kind of token without a rate of its own costs what the kind does of which it is a part. */
function priceOf(prices: ModelPrice): Price {
  const starts = Object.values(prices).flatMap((price) =>
    typeof price === 'object' ? price.tiers.map(({ start }) => start) : [],
  );
  return {
    source: 'list',
    base: ratesAt(prices, 0),
    tiers: [...new Set(starts)]
      .sort((one, other) => one - other)
      .map((above) => ({ above, rates: ratesAt(prices, above + 1) })),
  };
}

function ratesAt(prices: ModelPrice, promptTokens: number): Rates {
  const rate = (key: string): number | undefined => {
    const price = prices[key];
    if (typeof price !== 'object') return price === undefined ? undefined : picoUsdPerToken(price);
    const tier = price.tiers.findLast(({ start }) => promptTokens > start);
    return picoUsdPerToken(tier?.price ?? price.base);
  };
  const input = rate('input_mtok') ?? 0;
  const output = rate('output_mtok') ?? 0;
  const cacheWrite = rate('cache_write_5m_mtok') ?? rate('cache_write_mtok') ?? input;
  return {
    input,
    output,
    cacheRead: rate('cache_read_mtok') ?? input,
    cacheWrite,
    cacheWrite1h: rate('cache_write_1h_mtok') ?? cacheWrite,
    reasoning: rate('output_reasoning_mtok') ?? output,
  };
}
