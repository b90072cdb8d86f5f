import {
  calculateJwkThumbprint,
  CompactEncrypt,
  exportJWK,
  importJWK,
  importSPKI,
  type CryptoKey,
  type JWK,
} from 'jose';
import { ValidationFailed } from '../http/http.errors.js';

export const KEY_MANAGEMENT = 'ECDH-ES+A256KW';
export const CONTENT_ENCRYPTION = 'A256GCM';
const CURVES = ['P-256', 'P-384', 'P-521', 'X25519'];
const RULE = 'must be a public key: a JWK (EC P-256, P-384, P-521 or OKP X25519) or PEM text';

/** Whom an export is for. */
export interface Recipient {
  /** RFC 7638; names the key in the header of every JWE. */
  readonly thumbprint: string;
  seal(content: unknown): Promise<string>;
}

/** @throws ValidationFailed, also for a private key: that has no business here */
export async function recipientOf(publicKey: unknown): Promise<Recipient> {
  const { key, jwk } = await readKey(publicKey).catch((error: unknown) => {
    throw error instanceof ValidationFailed ? error : refused(RULE);
  });
  const thumbprint = await calculateJwkThumbprint(jwk);
  const header = { alg: KEY_MANAGEMENT, enc: CONTENT_ENCRYPTION, cty: 'application/json', kid: thumbprint };
  return {
    thumbprint,
    seal: (content) =>
      new CompactEncrypt(new TextEncoder().encode(JSON.stringify(content)))
        .setProtectedHeader(header)
        .encrypt(key),
  };
}

async function readKey(publicKey: unknown): Promise<{ key: CryptoKey; jwk: JWK }> {
  if (typeof publicKey === 'string') {
    if (publicKey.includes('PRIVATE KEY')) throw refused('is a private key; send the public one');
    const key = await importSPKI(publicKey, KEY_MANAGEMENT, { extractable: true });
    return { key, jwk: await exportJWK(key) };
  }
  if (typeof publicKey !== 'object' || publicKey === null) throw refused(RULE);
  if ('d' in publicKey) throw refused('is a private key; send the public one');
  const { kty, crv, x, y } = publicKey as JWK;
  if (!CURVES.includes(crv ?? '')) throw refused(RULE);
  const jwk = { kty, crv, x, ...(y === undefined ? {} : { y }) } as JWK;
  const key = await importJWK(jwk, KEY_MANAGEMENT);
  if (key instanceof Uint8Array) throw refused(RULE);
  return { key, jwk };
}

function refused(message: string): Error {
  return new ValidationFailed(`publicKey: ${message}`, {
    members: { errors: [{ path: 'publicKey', message }] },
  });
}
