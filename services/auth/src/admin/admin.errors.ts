import { defineError } from '@muxgate/runtime';
import { defineRequestError } from '../http/request-error.js';

export const Unauthorized = defineRequestError('Unauthorized', 'unauthorized', 401);
export const RoleRequired = defineRequestError('RoleRequired', 'role_required', 403);
export const CredentialUnknown = defineError('CredentialUnknown', 'credential_not_found', 404);
export const ClientKeyNotFound = defineError('ClientKeyNotFound', 'client_key_not_found', 404);
export const TeamNotFound = defineError('TeamNotFound', 'team_not_found', 404);
export const DeclaredInFile = defineError('DeclaredInFile', 'declared_in_file', 409);
export const ProviderNotFound = defineError('ProviderNotFound', 'provider_not_found', 404);
export const RequestUnknown = defineError('RequestUnknown', 'request_not_found', 404);
export const UsageTooFine = defineError('UsageTooFine', 'usage_too_fine', 422);
export const ReauthorizationRequired = defineError(
  'ReauthorizationRequired',
  'reauthorization_required',
  409,
);
export const BlockedByProvider = defineError('BlockedByProvider', 'blocked_by_provider', 409);
export const RefreshThrottled = defineRequestError('RefreshThrottled', 'refresh_throttled', 429);
export const RefreshFailed = defineRequestError('RefreshFailed', 'refresh_failed', 502);
export const WorkerUnavailable = defineRequestError('WorkerUnavailable', 'worker_unavailable', 503);
export const RefreshPending = defineError('RefreshPending', 'refresh_pending', 504);
