import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import type { HttpService } from '@nestjs/axios';
import type { ClientKeyStore } from '@muxgate/clients';
import { USER_AGENT } from '@muxgate/runtime';
import type { Response } from 'express';
import { firstValueFrom } from 'rxjs';
import type { Caller } from '../http/caller.js';
import type { GatewayDirectory } from './gateway-directory.js';
import { GatewayUnknown, GatewayUnreachable } from './try.errors.js';

export type TrySurface = 'anthropic-messages' | 'openai-chat' | 'openai-responses';

export interface TryRequest {
  readonly surface: TrySurface;
  readonly provider?: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const PATHS: Readonly<Record<TrySurface, string>> = {
  'anthropic-messages': '/v1/messages',
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
};
/** A key is made for one request and ends by itself, should taking it away fail. */
const KEY_LIFETIME_MS = 5 * 60_000;
/** The gateway's status: the answer itself is 200 once there is one to pass on. */
const TRY_STATUS = 'x-muxgate-try-status';
/** Of the gateway's headers, those that tell of the decision. */
const SHOWN = /^(?:content-type|x-request-id|x-muxgate-.*|retry-after|x-should-retry|.*ratelimit.*)$/;

/**
 * Sends a request of a person at the console through the gateway, as any client's, with a key of its own: it is routed,
 * limited, counted and logged like all others, on the name of that person.
 */
export class TryRequests {
  constructor(
    private readonly gateway: GatewayDirectory,
    private readonly keys: ClientKeyStore,
    private readonly http: HttpService,
    private readonly now: () => number = Date.now,
  ) {}

  async send(request: TryRequest, caller: Caller, requestId: string, response: Response): Promise<void> {
    const { internalUrl } = this.gateway;
    if (internalUrl === undefined)
      throw new GatewayUnknown('Set GATEWAY_URL, where this service reaches the gateway.');
    const { client, key } = await this.keys.create({
      name: `console: ${caller.name}`.slice(0, 128),
      owner: caller.name.slice(0, 128),
      mayPin: true,
      expiresAt: this.now() + KEY_LIFETIME_MS,
    });
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const answer = await this.ask(internalUrl, request, key, requestId, gone.signal);
      for (const [name, value] of Object.entries(answer.headers)) {
        if (SHOWN.test(name) && typeof value === 'string') response.set(name, value);
      }
      // a 401 of the gateway's or a vendor's is not the end of the person's session here
      response.status(200).set({ 'cache-control': 'no-store', [TRY_STATUS]: String(answer.status) });
      response.flushHeaders();
      await pipeline(answer.data, response).catch(() => response.destroy());
    } finally {
      await this.keys.revoke(client.id);
    }
  }

  private async ask(
    url: string,
    { surface, provider, body }: TryRequest,
    key: string,
    requestId: string,
    signal: AbortSignal,
  ) {
    try {
      return await firstValueFrom(
        this.http.post<Readable>(url + PATHS[surface], body, {
          headers: {
            authorization: `Bearer ${key}`,
            'user-agent': USER_AGENT,
            'accept-encoding': 'identity',
            'x-request-id': requestId,
            ...(surface === 'anthropic-messages' ? { 'anthropic-version': '2023-06-01' } : {}),
            ...(provider === undefined ? {} : { 'x-muxgate-provider': provider }),
          },
          responseType: 'stream',
          decompress: false,
          maxRedirects: 0,
          proxy: false,
          signal,
          validateStatus: () => true,
        }),
      );
    } catch (error) {
      throw new GatewayUnreachable('The gateway does not answer.', { cause: error });
    }
  }
}
