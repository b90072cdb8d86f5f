/** Pub/sub channel; every message is a {@link ClientChange} in JSON. */
export const CLIENT_KEY_EVENTS = 'muxgate:events:client-key';

export interface ClientChange {
  /** counts all changes: one that is left out was missed */
  readonly version: number;
  /** stored hashes of the keys whose record is another now, or gone */
  readonly hashes?: readonly string[];
  /** teams have changed */
  readonly teams?: boolean;
}

/** All under one hash tag: each change is one script. */
const name = (what: string): string => `muxgate:{clients}:${what}`;

export const RECORDS = name('keys'); // id → record as JSON
export const SECRETS = name('secrets'); // stored hash of a key → id
export const ORDER = name('order'); // ids, which sort by time of creation
export const LAST_USED = name('last-used'); // id → epoch milliseconds
export const TEAMS = name('teams'); // name → team as JSON
export const VERSION = name('version');
export const HASH_SECRET = name('hash-secret'); // sealed

/** Before HMAC: SHA-256 of the key → client, and id → SHA-256. */
export const PLAIN_RECORDS = name('records');
export const PLAIN_HASHES = name('hashes');

/** Lua of a script's end: counts the change and tells it. */
export const announce = (fields: string): string => `
local version = redis.call('INCR', '${VERSION}')
local change = ${fields}
change.version = version
redis.call('PUBLISH', '${CLIENT_KEY_EVENTS}', cjson.encode(change))`;
