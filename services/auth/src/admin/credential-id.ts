import { ValidationFailed } from '../http/http.errors.js';
import { CredentialUnknown } from './admin.errors.js';

export const CREDENTIAL_ID = /^[A-Za-z0-9._-]{1,128}$/;
export const CREDENTIAL_ID_RULE = 'must be 1 to 128 of A-Z a-z 0-9 . _ -';

/** An id of a path. One that no credential can have is an unknown one. */
export function knownShape(credential: string): string {
  if (!CREDENTIAL_ID.test(credential)) throw credentialUnknown();
  return credential;
}

/** The id of a path that something is to be stored under. */
export function wellFormed(credential: string): string {
  if (CREDENTIAL_ID.test(credential)) return credential;
  throw new ValidationFailed(`credential: ${CREDENTIAL_ID_RULE}`, {
    members: { errors: [{ path: 'credential', message: CREDENTIAL_ID_RULE }] },
  });
}

export function credentialUnknown(): Error {
  return new CredentialUnknown('No credential with this id is connected.');
}
