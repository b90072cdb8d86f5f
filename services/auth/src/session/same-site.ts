import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { CrossSiteRefused, CsrfTokenMissing } from './session.errors.js';
import type { Session } from './session.store.js';

const CSRF_HEADER = 'x-csrf-token';
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A change that a cookie speaks for must come from a page of ours: by what the browser says of the request
 * (Fetch Metadata, else `Origin`), and by a token that only such a page can have read.
 */
export function assertOwnPage(request: IncomingMessage, session: Session, ownOrigin: string): void {
  if (SAFE_METHODS.has(request.method ?? '')) return;
  assertSameSite(request, ownOrigin);
  const sent = request.headers[CSRF_HEADER];
  if (typeof sent !== 'string' || !equal(sent, session.csrfToken)) {
    throw new CsrfTokenMissing(`Send the session's csrfToken in ${CSRF_HEADER}.`);
  }
}

/** @throws CrossSiteRefused where a browser says that another site's page asks; scripts say nothing. */
export function assertSameSite({ headers }: IncomingMessage, ownOrigin: string): void {
  const site = headers['sec-fetch-site'];
  const foreign =
    site === undefined
      ? headers.origin !== undefined && headers.origin !== ownOrigin
      : site !== 'same-origin' && site !== 'none';
  if (foreign) throw new CrossSiteRefused('This request came from a page of another site.');
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
