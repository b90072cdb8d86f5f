import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface RedisServerSettings {
  port: number;
  directory: string;
  appendonly: boolean;
  args?: readonly string[];
}

/** The command line of a private Redis: loopback only, no snapshots, never evicting. */
export function redisArguments({ port, directory, appendonly, args = [] }: RedisServerSettings): string[] {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: directory,
    save: '',
    appendonly: appendonly ? 'yes' : 'no',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  };
  return [...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]), ...args];
}

/** Waits until a server on the loopback port has loaded its data and answers PING. False when `timeoutMs` passed first. */
export async function redisAnswers(port: number, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline && !signal?.aborted) {
    if (isReadyReply(await ping(port))) return true;
    await delay(20);
  }
  return false;
}

/** A server that wants a password is up as well; one that is LOADING is not. */
function isReadyReply(reply: string): boolean {
  return reply.startsWith('+PONG') || reply.startsWith('-NOAUTH');
}

function ping(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (reply: string) => {
      socket.destroy();
      resolve(reply);
    };
    socket.setTimeout(1_000, () => end(''));
    socket.once('error', () => end(''));
    socket.once('data', (data) => end(data.toString('latin1')));
    socket.once('connect', () => socket.write('PING\r\n'));
  });
}
