import { hash, randomBytes } from 'node:crypto';

/** What is known of a client besides its key. Times are epoch milliseconds. */
export interface ClientKey {
  id: string;
  name: string;
  team?: string;
  /** names of the models this client may ask for; absent: all of the catalogue */
  models?: readonly string[];
  /** may choose the provider of a request by header */
  mayPin: boolean;
  createdAt: number;
  expiresAt?: number;
}

export type ClientKeyInput = Omit<ClientKey, 'id' | 'createdAt' | 'mayPin'> & { mayPin?: boolean };

/** `mxg_` and 32 random bytes in base64url (43 characters). */
export function createClientKey(): string {
  return `mxg_${randomBytes(32).toString('base64url')}`;
}

/** SHA-256 in hex. A slow hash would add nothing: a key is 256 random bits, not a password. */
export function hashClientKey(key: string): string {
  return hash('sha256', key);
}

/** Ids sort by time of creation, so that an id is a cursor as well. */
export function createClientId(now: number): string {
  return `key_${now.toString(36).padStart(9, '0')}${randomBytes(6).toString('hex')}`;
}

export function isExpired(client: ClientKey, now: number): boolean {
  return client.expiresAt !== undefined && client.expiresAt <= now;
}
