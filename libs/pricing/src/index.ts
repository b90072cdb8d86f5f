export { PriceBook } from './price-book.js';
export { costNanoUsd, type Price, type TokenCounts } from './price.js';
export { PRICE_LIST, type PriceListFacts } from './price-list.js';
