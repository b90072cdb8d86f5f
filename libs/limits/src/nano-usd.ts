/** Money is counted in whole nano-USD: sums of whole numbers are equal in whatever order they are made. */
export const NANO_USD = 1_000_000_000;
