import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, sendJson } from './http.js';
import { isObject, stringOf } from './json.js';
import type { OAuthServer } from './oauth-server.js';
import type { RequestLog } from './request-log.js';
import type { Stats } from './stats.js';
import { parseTokenEndpointSetting, type TokenEndpoint } from './token-endpoint.js';
import { VendorError } from './vendor-error.js';

const BODY_LIMIT = 16 * 1024;

export interface ControlParts {
  readonly oauth: OAuthServer;
  readonly tokenEndpoint: TokenEndpoint;
  readonly stats: Stats;
  readonly log: RequestLog;
}

/** `/sandbox/*`: what the vendor saw, and how it shall misbehave. Never tells a token. */
export async function handleControl(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  parts: ControlParts,
): Promise<void> {
  const result = await control(request, path, parts);
  sendJson(response, 200, result);
}

async function control(
  request: IncomingMessage,
  path: string,
  { oauth, tokenEndpoint, stats, log }: ControlParts,
): Promise<object> {
  switch (`${request.method} ${path}`) {
    case 'GET /sandbox/stats':
      return stats.snapshot();
    case 'GET /sandbox/requests/last':
      return { requests: log.last() };
    case 'POST /sandbox/access-tokens/revoke': {
      const revoked = oauth.revokeAccessTokens();
      stats.accessTokensRevoked(revoked);
      return { revoked };
    }
    case 'GET /sandbox/token-endpoint':
      return tokenEndpoint.current();
    case 'POST /sandbox/token-endpoint':
      tokenEndpoint.configure(parseTokenEndpointSetting(await readJson(request)));
      return tokenEndpoint.current();
    case 'POST /sandbox/device-codes': {
      const body = await readJson(request);
      const code = isObject(body) ? stringOf(body['userCode']) : undefined;
      if (code === undefined) throw new VendorError(400, 'send {"userCode":"…","approve":true}', 'userCode');
      const approve = isObject(body) && body['approve'] !== false;
      if (!(await oauth.decideDeviceCode(code, approve)))
        throw new VendorError(404, 'no such device code waits');
      return { approved: approve };
    }
    default: {
      const tag = /^\/sandbox\/requests\/(.+)$/.exec(path)?.[1];
      if (request.method !== 'GET' || tag === undefined) throw new VendorError(404, 'no such control');
      const requests = log.tagged(decodeURIComponent(tag));
      if (requests.length === 0) throw new VendorError(404, 'no recent request has this tag');
      return { requests };
    }
  }
}

/** Only JSON: a browser page of another origin cannot send it without asking first. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  if (!request.headers['content-type']?.startsWith('application/json')) {
    throw new VendorError(415, 'send content-type: application/json');
  }
  try {
    return JSON.parse((await readBody(request, BODY_LIMIT)).toString());
  } catch (cause) {
    throw cause instanceof VendorError ? cause : new VendorError(400, 'the body is not valid JSON');
  }
}
