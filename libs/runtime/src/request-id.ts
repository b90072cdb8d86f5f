import { randomUUID } from 'node:crypto';

const WELL_FORMED = /^[A-Za-z0-9._-]{1,128}$/;

/** The caller's request id where it is well-formed, so that one id follows a request through all services; else a new one. */
export function requestId(candidate?: string | string[]): string {
  if (typeof candidate === 'string' && WELL_FORMED.test(candidate)) return candidate;
  return `req_${randomUUID()}`; // Node draws entropy for many of these at once, unlike randomBytes
}
