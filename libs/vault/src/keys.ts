import { CredentialIdInvalid } from './errors.js';

/** Ids of all credentials in a sorted set of equal scores, so that they page in the order of their names. */
export const CREDENTIAL_INDEX = 'muxgate:credentials';
/** When each credential wants attention. An index: rebuilt from the records, never the truth. */
export const DUE_INDEX = 'muxgate:due';
/** Pub/sub channel; every message is a CredentialChange in JSON. */
export const CREDENTIAL_EVENTS = 'muxgate:events:credential';

/** Ids of all stored API keys, as `CREDENTIAL_INDEX` has those of credentials with tokens. */
export const STORED_KEY_INDEX = 'muxgate:stored-keys';
/** Pub/sub channel of stored API keys; messages as on `CREDENTIAL_EVENTS`. */
export const STORED_KEY_EVENTS = 'muxgate:events:stored-key';
/** A late commit is at most minutes late; the tombstone that stops it stays a month. */
export const TOMBSTONE_LIFE_MS = 30 * 24 * 3_600_000;

/** How far a rewrap got. */
export const REWRAP = 'muxgate:rewrap';
/** One envelope for each key of the rings: whether a process holds the right ones. */
export const KEY_CANARIES = 'muxgate:key-canaries';
/** When each of them was first seen, epoch milliseconds. */
export const KEY_AGES = 'muxgate:key-ages';

const CREDENTIAL_ID = /^[A-Za-z0-9._-]{1,128}$/;

/**
 * The two halves of a record share a hash tag, so one script may touch both on a Redis Cluster, and differ in
 * their end, so an ACL can keep gateways from the refresh half.
 */
export function recordKeys(credential: string): [access: string, refresh: string] {
  return [accessKey(credential), `muxgate:{c:${checkedId(credential)}}:refresh`];
}

export function accessKey(credential: string): string {
  return `muxgate:{c:${checkedId(credential)}}:access`;
}

/** The last refreshes of a credential; no secret is in it. */
export function historyKey(credential: string): string {
  return `muxgate:{c:${checkedId(credential)}}:history`;
}

/** The record of a stored API key; gateways read it. */
export function storedKeyKey(credential: string): string {
  return `muxgate:{k:${checkedId(credential)}}:key`;
}

export const laneKey = (id: string): string => `muxgate:lane:${id}`;

function checkedId(credential: string): string {
  if (CREDENTIAL_ID.test(credential)) return credential;
  throw new CredentialIdInvalid('a credential id is 1 to 128 of A-Z a-z 0-9 . _ -');
}
