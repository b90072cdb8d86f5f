/** The cookies of one host for one sign-in: names and values; expiry by a Max-Age of 0 or an Expires in the past. */
export class CookieJar {
  readonly #byHost = new Map<string, Map<string, string>>();

  store(url: URL, headers: Headers): void {
    const cookies = this.#byHost.get(url.host) ?? new Map<string, string>();
    this.#byHost.set(url.host, cookies);
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';');
      const equals = pair.indexOf('=');
      if (equals < 1) continue;
      const name = pair.slice(0, equals).trim();
      if (attributes.some(isExpired)) cookies.delete(name);
      else cookies.set(name, pair.slice(equals + 1).trim());
    }
  }

  /** The value of a Cookie header; empty when there is none to send. */
  header(url: URL): string {
    const cookies = this.#byHost.get(url.host) ?? new Map<string, string>();
    return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}

function isExpired(attribute: string): boolean {
  const [name = '', value = ''] = attribute.trim().split('=');
  if (name.toLowerCase() === 'max-age') return Number(value) <= 0;
  return name.toLowerCase() === 'expires' && Date.parse(value) <= Date.now();
}
