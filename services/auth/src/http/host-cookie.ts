import type { IncomingHttpHeaders } from 'node:http';
import { parseCookie, stringifySetCookie } from 'cookie';

/** 256 random bits in base64url; cookies of another shape are not ours. */
const VALUE = /^[A-Za-z0-9_-]{43}$/;

/** A cookie that only this service reads: HttpOnly, for the whole host, not sent from other sites' requests but links. */
export class HostCookie {
  private readonly name: string;

  /** @param secure whether browsers reach this service by https */
  constructor(
    name: string,
    private readonly secure: boolean,
  ) {
    // the prefix makes browsers refuse a cookie planted by a sibling domain; it needs https
    this.name = secure ? `__Host-${name}` : name;
  }

  read(headers: IncomingHttpHeaders): string | undefined {
    const value = parseCookie(headers.cookie ?? '')[this.name];
    return value !== undefined && VALUE.test(value) ? value : undefined;
  }

  /** The Set-Cookie line; without `maxAgeSeconds` it lasts as long as the browser. */
  set(value: string, maxAgeSeconds?: number): string {
    return stringifySetCookie({
      name: this.name,
      value,
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: this.secure,
      ...(maxAgeSeconds === undefined ? {} : { maxAge: maxAgeSeconds }),
    });
  }

  clear(): string {
    return this.set('', 0);
  }
}
