import { loadScript, type Script } from '@muxgate/redis';

const load = (name: string): Script => loadScript(new URL('./scripts/', import.meta.url), ['shared', name]);

export const scripts = {
  turn: load('turn'),
  spend: load('spend'),
  heartbeat: load('heartbeat'),
} as const;
