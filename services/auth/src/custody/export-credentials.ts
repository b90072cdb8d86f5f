import { AppError } from '@muxgate/runtime';
import type { CredentialVault, StoredKeys } from '@muxgate/vault';
import type { Recipient } from './recipient.js';
import type { CredentialContent } from './sealed-credential.js';

const PAGE = 100;

/** The lines of an export, one record at a time, so that it may be of any length. */
export async function* exportLines(
  vault: CredentialVault,
  keys: StoredKeys,
  recipient: Recipient,
  ids: readonly string[] | undefined,
  now: number,
): AsyncGenerator<string> {
  const counts = { exported: 0, skipped: 0 };
  const exportedAt = new Date(now).toISOString();
  yield line({ type: 'header', version: 1, exportedAt, recipient: recipient.thumbprint });
  for await (const { credential, read } of ids === undefined ? all(vault, keys) : named(vault, keys, ids)) {
    const content = await read();
    if ('reason' in content) {
      counts.skipped += 1;
      yield line({ type: 'skipped', credential, reason: content.reason });
      continue;
    }
    counts.exported += 1;
    const { kind } = content;
    const provider = kind === 'oauth' ? { provider: content.provider } : {};
    yield line({ type: 'credential', credential, kind, ...provider, jwe: await recipient.seal(content) });
  }
  yield line({ type: 'end', ...counts });
}

interface Source {
  readonly credential: string;
  readonly read: () => Promise<CredentialContent | { readonly reason: string }>;
}

async function* all(vault: CredentialVault, keys: StoredKeys): AsyncGenerator<Source> {
  let cursor: string | undefined;
  do {
    const page = await vault.listStates({ cursor, limit: PAGE });
    for (const { credential } of page.items) yield { credential, read: () => tokens(vault, credential) };
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  do {
    const page = await keys.list({ cursor, limit: PAGE });
    for (const { credential } of page.items) yield { credential, read: () => storedKey(keys, credential) };
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** The two kinds have their names apart: an id may name one of each. */
async function* named(
  vault: CredentialVault,
  keys: StoredKeys,
  ids: readonly string[],
): AsyncGenerator<Source> {
  for (const credential of ids) {
    const isKey = (await keys.readState(credential)) !== undefined;
    const isConnected = (await vault.readState(credential)) !== undefined;
    if (isConnected || !isKey) yield { credential, read: () => tokens(vault, credential) };
    if (isKey) yield { credential, read: () => storedKey(keys, credential) };
  }
}

async function tokens(
  vault: CredentialVault,
  credential: string,
): Promise<CredentialContent | { reason: string }> {
  try {
    const stored = await vault.readWhole(credential);
    if (stored === undefined) return { reason: 'credential_not_found' };
    if (stored.status === 'reauthorization_required') return { reason: stored.status };
    const { status: _, ...whole } = stored;
    return { version: 1, kind: 'oauth', ...whole };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

async function storedKey(
  keys: StoredKeys,
  credential: string,
): Promise<CredentialContent | { reason: string }> {
  try {
    const stored = await keys.read(credential);
    if (stored === undefined) return { reason: 'credential_not_found' };
    return { version: 1, kind: 'api-key', credential, value: stored.value };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

/** One that does not open is named and passed over; anything else, such as Redis away, ends the export. */
function reasonOf(error: unknown): string {
  if (error instanceof AppError) return error.code;
  throw error;
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;
