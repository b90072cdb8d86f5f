export { EgressRefused, assertPublicUrl, guardedLookup, isLoopbackHost, isPublicAddress } from './guard.js';
export type { GuardOptions, LookupFunction } from './guard.js';
export { guardedAgents, type GuardedAgents } from './guarded-agents.js';
export { guardedFetch } from './guarded-fetch.js';
export { createOAuthHttp } from './oauth-http.js';
export type { OAuthHttp, OAuthHttpOptions, OAuthHttpRequest, OAuthHttpResponse } from './oauth-http.js';
export { OAuthTransportError } from './oauth-transport-error.js';
export { createUndiciConnector } from './undici-connector.js';
