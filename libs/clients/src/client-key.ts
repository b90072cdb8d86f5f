import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { BudgetConfig, LimitsConfig } from '@muxgate/config';

/** What is known of a client besides its key. Times are epoch milliseconds. */
export interface ClientKey {
  readonly id: string;
  readonly name: string;
  readonly team?: string;
  /** who answers for it, in words */
  readonly owner?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** models this client may ask for, `*` stands for anything; absent: its team's, else all of the catalogue */
  readonly models?: readonly string[];
  /** providers that may serve it, likewise */
  readonly providers?: readonly string[];
  /** may choose the provider of a request by header */
  readonly mayPin: boolean;
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly rotatedAt?: number;
  readonly disabled?: boolean;
  readonly limits?: LimitsConfig;
  readonly budget?: BudgetConfig;
}

export type ClientKeyInput = Omit<ClientKey, 'id' | 'createdAt' | 'rotatedAt' | 'mayPin'> & {
  mayPin?: boolean;
};

/** A group of clients: what its keys may do where they do not say, and the limits and the budget that they share. */
export interface Team {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly models?: readonly string[];
  readonly providers?: readonly string[];
  readonly limits?: LimitsConfig;
  readonly budget?: BudgetConfig;
}

/** A client as requests meet it: with what its team has settled. */
export interface Client extends ClientKey {
  readonly shared?: Team;
}

const PREFIX = 'mxg_';
/** 32 bytes in base64url, and the checksum */
const CHECKED = /^mxg_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$/;
const SECRET_END = PREFIX.length + 43;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `mxg_`, 32 random bytes in base64url (43 characters), and the CRC-32 of all that in six base62 digits. */
export function createClientKey(): string {
  const secret = PREFIX + randomBytes(32).toString('base64url');
  return secret + checksum(secret);
}

/** A key of our own making with a character that is wrong. Keys of another form, given by people, have no checksum. */
export function isMistyped(key: string): boolean {
  return CHECKED.test(key) && checksum(key.slice(0, SECRET_END)) !== key.slice(SECRET_END);
}

function checksum(secret: string): string {
  let rest = crc32(secret);
  let digits = '';
  for (let place = 0; place < 6; place++) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** SHA-256 in hex, as the configuration file and `npm start` name keys. A slow hash would add nothing: a key is random. */
export function hashClientKey(key: string): string {
  return hash('sha256', key);
}

/** Ids sort by time of creation, so that an id is a cursor as well. */
export function createClientId(now: number): string {
  return `key_${now.toString(36).padStart(9, '0')}${randomBytes(6).toString('hex')}`;
}

export function isUsable({ disabled, expiresAt }: ClientKey, now: number): boolean {
  return disabled !== true && (expiresAt === undefined || expiresAt > now);
}

export function withTeam(client: ClientKey, team: Team | undefined): Client {
  if (team === undefined) return client;
  const { models = team.models, providers = team.providers } = client;
  return {
    ...client,
    ...(models === undefined ? {} : { models }),
    ...(providers === undefined ? {} : { providers }),
    shared: team,
  };
}
