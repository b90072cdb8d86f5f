import { defineError } from '@muxgate/runtime';
import { defineRequestError } from './request-error.js';

export const RequestMalformed = defineError('RequestMalformed', 'malformed_request', 400);
export const JsonMalformed = defineError('JsonMalformed', 'malformed_json', 400);
export const ValidationFailed = defineRequestError('ValidationFailed', 'validation_failed', 400);
export const RouteUnknown = defineError('RouteUnknown', 'not_found', 404);
export const MethodNotAllowed = defineRequestError('MethodNotAllowed', 'method_not_allowed', 405);
export const BodyTooLarge = defineError('BodyTooLarge', 'body_too_large', 413);
export const MediaTypeUnsupported = defineError('MediaTypeUnsupported', 'unsupported_media_type', 415);
export const InternalError = defineError('InternalError', 'internal_error', 500);
export const StoreUnavailable = defineRequestError('StoreUnavailable', 'store_unavailable', 503);
