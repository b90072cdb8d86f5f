import { defineError } from '@muxgate/runtime';
import { defineRequestError } from '../http/request-error.js';

export const StateMismatch = defineError('StateMismatch', 'state_mismatch', 400);
export const OtherBrowser = defineError('OtherBrowser', 'other_browser', 400);
export const OtherPrincipal = defineError('OtherPrincipal', 'other_principal', 403);
export const ProviderUnknown = defineRequestError('ProviderUnknown', 'oauth_provider_unknown', 404);
export const InvitationUnknown = defineError('InvitationUnknown', 'invitation_not_found', 404);
export const AuthorizationDenied = defineRequestError('AuthorizationDenied', 'authorization_denied', 422);
export const GrantNotAvailable = defineError('GrantNotAvailable', 'grant_not_available', 422);
export const RedirectNotAllowed = defineError('RedirectNotAllowed', 'redirect_not_allowed', 422);
