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
    const { pool, basePath } = this.destinations.get(provider) ?? this.destinationOf(provider);
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

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.destroy()));
  }

  private destinationOf(provider: ProviderConfig): Destination {
    const url = new URL(provider.baseUrl);
    const key = `${url.origin} ${provider.timeouts.connectMs} ${provider.allowPrivateNetwork}`;
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
