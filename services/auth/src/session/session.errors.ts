import { defineError } from '@muxgate/runtime';
import { defineRequestError } from '../http/request-error.js';

export const SignInRefused = defineError('SignInRefused', 'sign_in_refused', 401);
export const SignInThrottled = defineRequestError('SignInThrottled', 'sign_in_throttled', 429);
export const CrossSiteRefused = defineError('CrossSiteRefused', 'cross_site_refused', 403);
export const CsrfTokenMissing = defineError('CsrfTokenMissing', 'csrf_token_missing', 403);
export const SessionNotFound = defineError('SessionNotFound', 'session_not_found', 404);
