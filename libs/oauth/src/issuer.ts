import { defineError } from '@muxgate/runtime';
import type { OAuthClientDescriptor } from './descriptor.js';

/** The authorization response comes from another server than the one asked (mix-up, RFC 9207). */
export const IssuerMismatch = defineError('IssuerMismatch', 'issuer_mismatch', 400);

/**
 * RFC 9207 section 2.4, before the code goes anywhere. Where the issuer is not known there is nothing to compare
 * with, so `iss` is ignored, unless the descriptor says that this server sends it. Not oauth4webapi's
 * `validateAuthResponse`, which takes an empty `iss` for a missing one.
 */
export function assertIssuer(descriptor: OAuthClientDescriptor, iss: string | undefined): void {
  if (iss === undefined) {
    if (descriptor.issParameterSupported) throw new IssuerMismatch('the authorization response lacks "iss"');
    return;
  }
  const comparable = descriptor.issuer !== undefined || descriptor.issParameterSupported === true;
  if (comparable && iss !== descriptor.issuer) {
    throw new IssuerMismatch('the authorization response names another issuer');
  }
}
