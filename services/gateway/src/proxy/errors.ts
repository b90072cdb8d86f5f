import { AppError, defineError } from '@muxgate/runtime';

export const ClientKeyMissing = defineError('ClientKeyMissing', 'client_key_missing', 401);
export const ClientKeyUnknown = defineError('ClientKeyUnknown', 'client_key_unknown', 401);
export const ClientKeysDiffer = defineError('ClientKeysDiffer', 'client_keys_differ', 401);
export const ClientKeysUnavailable = defineError('ClientKeysUnavailable', 'client_keys_unavailable', 503);
export const PathUnknown = defineError('PathUnknown', 'path_not_found', 404);
export const RequestMalformed = defineError('RequestMalformed', 'request_malformed', 400);
export const BodyEncoded = defineError('BodyEncoded', 'content_encoding_unsupported', 415);
export const BodyIncomplete = defineError('BodyIncomplete', 'body_incomplete', 400);
export const BodyTooLarge = defineError('BodyTooLarge', 'body_too_large', 413);
export const CredentialMissing = defineError('CredentialMissing', 'credential_not_connected', 503);
export const CredentialRevoked = defineError('CredentialRevoked', 'credential_needs_reauthorization', 503);
export const CredentialEnded = defineError('CredentialEnded', 'credential_expired', 503);
export const CredentialUnavailable = defineError('CredentialUnavailable', 'credential_unavailable', 503);
export const CallerCredentialMissing = defineError(
  'CallerCredentialMissing',
  'caller_credential_missing',
  401,
);
export const CredentialMisdirected = defineError('CredentialMisdirected', 'credential_misdirected', 503);
export const UpstreamUnreachable = defineError('UpstreamUnreachable', 'upstream_unreachable', 502);
export const UpstreamBroken = defineError('UpstreamBroken', 'upstream_broken', 502);
export const UpstreamSilent = defineError('UpstreamSilent', 'upstream_silent', 504);
export const StreamTruncated = defineError('StreamTruncated', 'stream_truncated', 502);
export const StreamFailed = defineError('StreamFailed', 'stream_failed', 502);
export const StreamRefused = defineError('StreamRefused', 'stream_refused', 502);
export const Overloaded = defineError('Overloaded', 'overloaded', 503);
/** Every target of the model rests after failures, and none was tried. */
export class TargetsResting extends AppError {
  constructor(
    model: string,
    readonly restMs: number,
  ) {
    super(
      `model: every target of ${model} is resting after failures; try again in a moment`,
      'targets_resting',
      503,
      true,
    );
  }
}
export const Draining = defineError('Draining', 'draining', 503);
export const ClientGone = defineError('ClientGone', 'client_gone', 499);
export const InternalError = defineError('InternalError', 'internal_error', 500);
