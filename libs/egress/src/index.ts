export { EgressRefused, assertPublicUrl, guardedLookup, isLoopbackHost, isPublicAddress } from './guard.js';
export type { GuardOptions, LookupFunction } from './guard.js';
