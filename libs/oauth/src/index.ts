export {
  asIssued,
  type DescriptorQuirks,
  type OAuthClientDescriptor,
  OAuthMisconfigured,
  type ResolvedDescriptor,
} from './descriptor.js';
export type { OAuthHttp, OAuthHttpAnswer, OAuthHttpRequest, OAuthTransportFailure } from './http.js';
export { challengeOf, createPkce, createState } from './pkce.js';
export { type AuthorizationRequest, buildAuthorizationUrl } from './authorization-request.js';
export { type AuthorizationResponse, parseRedirect, RedirectInvalid } from './redirect.js';
export { assertIssuer, IssuerMismatch } from './issuer.js';
export { discover, DiscoveryFailed, resolveEndpoints } from './discovery.js';
export { clientCredentials, exchangeCode, refreshTokenSet, type TokenRequest } from './token-request.js';
export type { TokenSet } from './token-response.js';
export { errorFromAnswer, errorFromTransport, TokenEndpointError } from './token-error.js';
export type { TokenErrorKind } from './error-codes.js';
export { type RevocationOutcome, revokeToken } from './revocation.js';
export {
  type DeviceAuthorization,
  type DevicePoll,
  pollDeviceToken,
  requestDeviceAuthorization,
} from './device-authorization.js';
export { IdTokenInvalid, idTokenVerifier, type VerifyIdToken } from './verify-id-token.js';
export { type Fields, isFields, readFields, textOf } from './answer-body.js';
