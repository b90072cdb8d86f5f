import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, Failure, usageFailure } from './failure.js';
import type { Io } from './io.js';
import { readSecret } from './secret-input.js';
import { readStoredSettings } from './settings-file.js';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly url?: string;
  readonly gatewayUrl?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
}

export interface Settings {
  /** the auth service, without a slash at its end */
  readonly url: string;
  readonly gatewayUrl: string | undefined;
  readonly adminToken: string | undefined;
  /** where they came from, in a few words */
  readonly source: string;
}

/**
 * Flags, then the environment, then the file of `muxgate configure`, then an `npm start` of this checkout.
 * A token found in a file goes only to the URL beside it: `--url` elsewhere must not be sent the token of here.
 */
export async function resolveSettings(io: Io, options: GlobalOptions): Promise<Settings> {
  const explicitUrl = options.url ?? io.env['MUXGATE_URL'];
  const explicitGateway = options.gatewayUrl ?? io.env['MUXGATE_GATEWAY_URL'];
  const explicitToken = await givenToken(io, options);
  const found = explicitUrl && explicitToken ? undefined : await findSettings(io);
  const url = webUrl(explicitUrl ?? found?.url ?? LOCAL_AUTH, options.url ? '--url' : 'MUXGATE_URL');
  const belongsTogether = found !== undefined && webUrl(found.url, found.source) === url;
  const gatewayUrl = explicitGateway ?? (belongsTogether ? found.gatewayUrl : undefined);
  return {
    url,
    gatewayUrl: gatewayUrl === undefined ? undefined : webUrl(gatewayUrl, '--gateway-url'),
    adminToken: explicitToken ?? (belongsTogether ? found.adminToken : undefined),
    source: options.url ? '--url' : explicitUrl ? 'MUXGATE_URL' : (found?.source ?? 'the default'),
  };
}

const LOCAL_AUTH = 'http://127.0.0.1:8081';

interface Found {
  readonly url: string;
  readonly gatewayUrl?: string | undefined;
  readonly adminToken: string;
  readonly source: string;
}

async function findSettings(io: Io): Promise<Found | undefined> {
  const stored = await readStoredSettings(io);
  if (stored) return { ...stored, source: 'muxgate configure' };
  return await localStart(io);
}

/** What `npm start` of this checkout leaves in its data directory while it runs (scripts/launcher/endpoints.ts). */
async function localStart(io: Io): Promise<Found | undefined> {
  const directory = join(io.checkout, io.env['MUXGATE_DATA_DIR'] || '.muxgate');
  try {
    const endpoints = JSON.parse(await readFile(join(directory, 'endpoints.json'), 'utf8')) as {
      auth: string;
      gateway: string;
    };
    const adminToken = (await readFile(join(directory, 'admin-token'), 'utf8')).trim();
    return { url: endpoints.auth, gatewayUrl: endpoints.gateway, adminToken, source: 'npm start' };
  } catch {
    return undefined;
  }
}

async function givenToken(io: Io, options: GlobalOptions): Promise<string | undefined> {
  if (options.tokenFile !== undefined) return await readSecret(io, options.tokenFile, '--token-file');
  const direct = io.env['MUXGATE_ADMIN_TOKEN'] || undefined;
  const file = io.env['MUXGATE_ADMIN_TOKEN_FILE'] || undefined;
  if (direct && file) {
    throw usageFailure('MUXGATE_ADMIN_TOKEN and MUXGATE_ADMIN_TOKEN_FILE are both set; keep one.');
  }
  return direct ?? (file ? await readSecret(io, file, 'MUXGATE_ADMIN_TOKEN_FILE') : undefined);
}

/** An http(s) URL without a slash at its end. */
export function webUrl(text: string, name: string): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search) {
    return url.href.replace(/\/+$/, '');
  }
  throw usageFailure(`${name} must be an http:// or https:// URL without user, password and query.`);
}

/** Throws when there is no token, saying the ways to give one. */
export function requireToken({ adminToken, url }: Settings): string {
  if (adminToken !== undefined) {
    if (/^[\x21-\x7e]+$/.test(adminToken)) return adminToken;
    throw usageFailure('The admin token has characters that no admin token has; was the right file read?');
  }
  throw new Failure(`No admin token for ${url}.`, {
    code: 'token_missing',
    exitCode: EXIT.unauthorized,
    hint: 'muxgate configure, or set MUXGATE_ADMIN_TOKEN or MUXGATE_ADMIN_TOKEN_FILE',
  });
}
