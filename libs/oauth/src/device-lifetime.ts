import { readNumber } from './expiry.js';

export const MAX_INTERVAL_MS = 60_000;
const DEFAULT_INTERVAL_MS = 5000;
const MAX_LIFETIME_MS = 1_800_000;
const DEFAULT_LIFETIME_MS = 900_000;

/** RFC 8628 section 3.2, in any shape; without a positive number the defaults. */
export function readInterval(seconds: unknown): number {
  return milliseconds(seconds, DEFAULT_INTERVAL_MS, MAX_INTERVAL_MS);
}

/** How long a device code lives. */
export function readLifetime(seconds: unknown): number {
  return milliseconds(seconds, DEFAULT_LIFETIME_MS, MAX_LIFETIME_MS);
}

function milliseconds(seconds: unknown, defaultMs: number, maxMs: number): number {
  const number = readNumber(seconds);
  return number !== undefined && number > 0 ? Math.min(Math.ceil(number * 1000), maxMs) : defaultMs;
}
