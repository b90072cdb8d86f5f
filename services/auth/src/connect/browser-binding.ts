import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { HostCookie } from '../http/host-cookie.js';

const LIFETIME_SECONDS = 3600;

/**
 * Ties an authorization to the browser that began it, by a cookie that only this service reads. One value serves
 * all flows of a browser, so two tabs do not undo each other.
 */
export class BrowserBinding {
  private readonly cookie: HostCookie;

  /** @param secure whether browsers reach this service by https */
  constructor(secure: boolean) {
    this.cookie = new HostCookie('muxgate_browser', secure);
  }

  /** The cookie to set and the hash to keep in the transaction. */
  bind(headers: IncomingHttpHeaders): { setCookie: string; fingerprint: string } {
    const value = this.cookie.read(headers) ?? randomBytes(32).toString('base64url');
    return { setCookie: this.cookie.set(value, LIFETIME_SECONDS), fingerprint: hash('sha256', value) };
  }

  /** The hash of the cookie that this browser has already. */
  fingerprintOf(headers: IncomingHttpHeaders): string | undefined {
    const value = this.cookie.read(headers);
    return value === undefined ? undefined : hash('sha256', value);
  }

  matches(headers: IncomingHttpHeaders, fingerprint: string): boolean {
    const value = this.cookie.read(headers);
    return (
      value !== undefined &&
      timingSafeEqual(Buffer.from(hash('sha256', value)), Buffer.from(fingerprint, 'latin1'))
    );
  }
}

/**
 * Browsers describe their requests by `Sec-Fetch-*` (W3C Fetch Metadata). The `fetch` of Node sends
 * `Sec-Fetch-Mode` alone; a script has no cookie jar for the person who will open the link.
 */
export function isBrowser(headers: IncomingHttpHeaders): boolean {
  return ['sec-fetch-site', 'sec-fetch-dest', 'sec-fetch-user'].some((name) => headers[name] !== undefined);
}
