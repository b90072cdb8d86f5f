import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { adminCall, type AuthAccess } from '../launcher/admin-call.ts';

/** What the load is put on: an installation whose vendor is the sandbox, as that of `npm start`. */
export interface Installation extends AuthAccess {
  readonly gatewayUrls: readonly string[];
}

/** The installation that `npm start` has put into this data directory, while it runs. */
export async function installationOf(dataDirectory: string): Promise<Installation> {
  const read = (name: string) => readFile(join(dataDirectory, name), 'utf8');
  const { gateway, auth } = JSON.parse(await read('endpoints.json')) as { gateway: string; auth: string };
  return { gatewayUrls: [gateway], authUrl: auth, adminToken: (await read('admin-token')).trim() };
}

/** Where the installation reaches the sandbox vendor. */
export async function sandboxOf(installation: Installation): Promise<string> {
  const { items } = await adminCall<{ items: { name: string; baseUrl: string }[] }>(
    installation,
    'GET',
    '/api/providers',
  );
  const sandbox = items.find(({ name }) => name === 'sandbox-anthropic');
  if (sandbox === undefined)
    throw new Error('there is no provider sandbox-anthropic: the load needs the sandbox vendor');
  return sandbox.baseUrl;
}
