import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { AdminApi } from '../api.js';
import { usageFailure } from '../failure.js';

/** One sealed credential of an export (docs/operations/custody.md). */
export interface SealedCredential {
  readonly credential: string;
  readonly kind: string;
  readonly provider?: string;
  readonly jwe: string;
}

export interface Export {
  readonly items: readonly SealedCredential[];
  readonly skipped: ReadonlyArray<{ readonly credential: string; readonly reason: string }>;
}

export interface ImportOutcome {
  readonly credential: string;
  readonly outcome: 'imported' | 'replaced' | 'skipped' | 'refused';
  readonly reason?: string;
}

export interface ImportWishes {
  readonly dryRun: boolean;
  readonly onConflict: 'skip' | 'replace';
  /** opens an export that was not sealed to the server */
  readonly privateKey: KeyObject | undefined;
}

/** As many as the server takes at once. */
const BATCH = 200;

/** Reads an export. Throws when it is none, or was cut off: half a backup must not pass for a whole one. */
export function readExport(text: string, name: string): Export {
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => parseLine(line, name));
  if (lines[0]?.type !== 'header' || lines.at(-1)?.type !== 'end') {
    throw usageFailure(`${name} is not a whole export: its header or its end is missing.`);
  }
  return {
    items: lines.flatMap((line) => (line.type === 'credential' ? [withoutType(line)] : [])),
    skipped: lines.flatMap((line) => (line.type === 'skipped' ? [line] : [])),
  };
}

/** Sends the items in the server's portions, sealed to it anew where they were sealed to another key. */
export async function importCredentials(
  api: AdminApi,
  items: readonly SealedCredential[],
  { privateKey, ...wishes }: ImportWishes,
): Promise<ImportOutcome[]> {
  const sealed = privateKey === undefined ? items : await sealAnew(api, items, privateKey);
  const outcomes: ImportOutcome[] = [];
  for (let start = 0; start < sealed.length; start += BATCH) {
    const { items: answered } = await api.send<{ items: ImportOutcome[] }>(
      'POST',
      '/api/credentials/import',
      { ...wishes, items: sealed.slice(start, start + BATCH) },
    );
    outcomes.push(...answered);
  }
  return outcomes;
}

async function sealAnew(
  api: AdminApi,
  items: readonly SealedCredential[],
  privateKey: KeyObject,
): Promise<SealedCredential[]> {
  const { CompactEncrypt, compactDecrypt, importJWK } = await import('jose');
  const { publicKey } = await api.get<{ publicKey: JsonWebKey & { kid?: string } }>(
    '/api/credentials/import-key',
  );
  const server = await importJWK({ ...publicKey, kty: publicKey.kty ?? '' }, 'ECDH-ES+A256KW');
  return await Promise.all(
    items.map(async (item) => {
      const opened = await compactDecrypt(item.jwe, privateKey).catch(() => {
        throw usageFailure(`--private-key does not open "${item.credential}": it was sealed to another key.`);
      });
      const { epk: _, apu: __, apv: ___, kid: ____, ...header } = opened.protectedHeader;
      const jwe = await new CompactEncrypt(opened.plaintext)
        .setProtectedHeader({ ...header, ...(publicKey.kid === undefined ? {} : { kid: publicKey.kid }) })
        .encrypt(server);
      return { ...item, jwe };
    }),
  );
}

type ExportLine =
  | { readonly type: 'header' | 'end' }
  | ({ readonly type: 'credential' } & SealedCredential)
  | { readonly type: 'skipped'; readonly credential: string; readonly reason: string };

function parseLine(line: string, name: string): ExportLine {
  try {
    return JSON.parse(line) as ExportLine;
  } catch {
    throw usageFailure(`${name} is not a whole export: a line is not JSON.`);
  }
}

function withoutType({ type: _, ...item }: ExportLine & { type: 'credential' }): SealedCredential {
  return item;
}
