import { loadScript, type Script } from '@muxgate/redis';

const load = (...names: string[]): Script => loadScript(new URL('./scripts/', import.meta.url), names);

export const scripts = {
  turn: load('shared', 'window', 'turn'),
  heartbeat: load('shared', 'heartbeat'),
} as const;
