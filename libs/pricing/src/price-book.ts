import type {
  ConfigSnapshot,
  ModelConfig,
  PricingConfig,
  ProviderConfig,
  TargetConfig,
} from '@muxgate/config';
import { findListPrice } from './price-list.js';
import { picoUsdPerToken, type Price } from './price.js';

/** Prices that depend on the time are looked up again after this. */
const CHANGES_AFTER_MS = 60_000;

interface Entry {
  readonly price: Price | undefined;
  readonly validUntil: number;
}

/** Where a request goes, as much of it as its price depends on. */
export interface Priced {
  readonly provider: ProviderConfig;
  readonly model: ModelConfig;
  readonly target: TargetConfig;
}

/**
 * What each target costs: as its model's `pricing` says, else as the price list does. Found once for each target of a
 * configuration, and gone with it.
 */
export class PriceBook {
  private readonly entries = new WeakMap<TargetConfig, Entry>();

  constructor(private readonly now: () => number = Date.now) {}

  /** Undefined where nobody knows the price. */
  priceOf(priced: Priced): Price | undefined {
    const known = this.entries.get(priced.target);
    if (known !== undefined && (known.validUntil === Infinity || known.validUntil > this.now()))
      return known.price;
    const entry = this.find(priced);
    this.entries.set(priced.target, entry);
    return entry.price;
  }

  /** Looks all prices up, so that no request waits for the list to be read. */
  prepare({ models, providers }: ConfigSnapshot): void {
    for (const model of models.values())
      for (const target of model.targets) {
        const provider = providers.get(target.provider);
        if (provider !== undefined) this.priceOf({ provider, model, target });
      }
  }

  private find({ provider, model, target }: Priced): Entry {
    if (model.pricing !== undefined) return { price: configured(model.pricing), validUntil: Infinity };
    const found = findListPrice(provider, target.model, this.now());
    return {
      price: found?.price,
      validUntil: found?.changes === true ? this.now() + CHANGES_AFTER_MS : Infinity,
    };
  }
}

function configured({ input, output, cacheRead, cacheWrite, cacheWrite1h }: PricingConfig): Price {
  const written = cacheWrite ?? input;
  const base = {
    input: picoUsdPerToken(input),
    output: picoUsdPerToken(output),
    cacheRead: picoUsdPerToken(cacheRead ?? input),
    cacheWrite: picoUsdPerToken(written),
    cacheWrite1h: picoUsdPerToken(cacheWrite1h ?? written),
    reasoning: picoUsdPerToken(output),
  };
  return { source: 'configuration', base, tiers: [] };
}
