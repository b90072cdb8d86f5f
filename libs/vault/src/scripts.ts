import { loadScript, type Script } from '@muxgate/redis';

export { runScript } from '@muxgate/redis';

/** Each is one transition of a record. They live beside this file, one a transition. */
export const scripts = {
  connect: load('connect'),
  acquire: load('acquire'),
  markSent: load('mark_sent'),
  renew: load('renew'),
  commit: load('commit'),
  fail: load('fail'),
  defer: load('defer'),
  lane: load('lane'),
  swapSealed: load('swap_sealed'),
  requestRefresh: load('request_refresh'),
  remove: load('remove'),
  note: load('note'),
  block: load('block'),
  putKey: load('put_key'),
  removeKey: load('remove_key'),
} as const;

function load(name: string): Script {
  return loadScript(new URL('./scripts/', import.meta.url), ['shared', name]);
}
