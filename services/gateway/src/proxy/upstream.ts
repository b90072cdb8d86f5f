import type { ProviderConfig } from '@muxgate/config';
import { createUndiciConnector } from '@muxgate/egress';
import { Pool, type Dispatcher } from 'undici';
import { BodyOnce } from './body-once.js';

/** Above this a body is handed over so that it can be forgotten once it was sent; below, one write is cheaper. */
const FORGET_ABOVE = 32 * 1024;
/** Shorter than what load balancers in front of vendors use, so that a connection is not closed as we pick it. */
const KEEP_ALIVE_MS = 15_000;

interface Destination {
  readonly pool: Pool;
  readonly basePath: string;
}

/** Connections to providers: one pool per origin and settings, which outlives revisions of the configuration. */
export class Upstreams {
  private readonly pools = new Map<string, Pool>();
  private readonly destinations = new WeakMap<ProviderConfig, Destination>();

  /** Sends, in this tick if a connection is free. `path` is appended to the provider's base URL. */
  send(
    provider: ProviderConfig,
    path: string,
    headers: string[],
    body: Buffer,
    handler: Dispatcher.DispatchHandler,
  ): void {
    const { pool, basePath } = this.destinationOf(provider);
    const large = body.length > FORGET_ABOVE;
    if (large) headers.push('content-length', String(body.length));
    pool.dispatch(
      {
        method: 'POST',
        path: basePath + path,
        headers,
        // undici's types leave out the iterables that it takes
        body: large ? (new BodyOnce(body) as unknown as Buffer) : body,
        headersTimeout: provider.timeouts.firstByteMs,
        bodyTimeout: provider.timeouts.idleMs,
      },
      handler,
    );
  }

  /** Sends to a whole path and resolves with the head of the answer; the body is there to be read or cancelled. */
  request(
    provider: ProviderConfig,
    path: string,
    options: { headers: Record<string, string>; body: string; signal: AbortSignal | null },
  ): Promise<Dispatcher.ResponseData> {
    const { pool } = this.destinationOf(provider);
    const body = Buffer.from(options.body);
    return pool.request({
      method: 'POST',
      path,
      headers: { ...options.headers, 'content-length': String(body.length) },
      signal: options.signal,
      // undici's types leave out the iterables that it takes
      body: new BodyOnce(body) as unknown as Buffer,
      headersTimeout: provider.timeouts.firstByteMs,
      bodyTimeout: provider.timeouts.idleMs,
    });
  }

  /** Closes the pools that none of these providers uses, each once its last request is over. */
  keepOnly(providers: Iterable<ProviderConfig>): void {
    const wanted = new Set(Array.from(providers, poolKey));
    for (const [key, pool] of this.pools) {
      if (wanted.has(key)) continue;
      this.pools.delete(key);
      pool.close().catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.destroy()));
  }

  /** A request of an older revision may come back to a provider whose pool is closed: it gets another. */
  private destinationOf(provider: ProviderConfig): Destination {
    const known = this.destinations.get(provider);
    return known === undefined || known.pool.closed ? this.connect(provider) : known;
  }

  private connect(provider: ProviderConfig): Destination {
    const url = new URL(provider.baseUrl);
    const key = poolKey(provider);
    let pool = this.pools.get(key);
    if (pool === undefined) {
      pool = new Pool(url.origin, {
        pipelining: 1,
        allowH2: false,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connect: createUndiciConnector(provider.allowPrivateNetwork, provider.timeouts.connectMs),
      });
      this.pools.set(key, pool);
    }
    const destination = { pool, basePath: url.pathname.replace(/\/$/, '') };
    this.destinations.set(provider, destination);
    return destination;
  }
}

function poolKey({ baseUrl, timeouts, allowPrivateNetwork }: ProviderConfig): string {
  return `${new URL(baseUrl).origin} ${timeouts.connectMs} ${allowPrivateNetwork}`;
}
