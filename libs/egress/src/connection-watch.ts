import type { Agent, ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionWatch {
  /** Whether a connection was ready to carry a request (for https: after the TLS handshake). */
  established(): boolean;
  /** Makes an agent's connections watched, and ended when they take longer than the limit. */
  attach<T extends Agent>(agent: T): T;
}

/** Watches the one connection of one request. Node sends nothing of a request before the events watched here. */
export function watchConnection(connectMs: number): ConnectionWatch {
  let ready = false;
  const watch = (socket: Socket, event: 'connect' | 'secureConnect'): void => {
    const timer = setTimeout(() => socket.destroy(connectTimeout()), connectMs);
    socket.once('close', () => clearTimeout(timer));
    socket.prependOnceListener(event, () => {
      clearTimeout(timer);
      ready = true;
    });
  };
  return {
    established: () => ready,
    attach(agent) {
      const connect = agent.createConnection.bind(agent);
      agent.createConnection = (options: ClientRequestArgs, callback) => {
        const socket = connect(options, callback);
        if (socket) watch(socket as Socket, 'encrypted' in socket ? 'secureConnect' : 'connect');
        return socket;
      };
      return agent;
    },
  };
}

const connectTimeout = (): Error => Object.assign(new Error('connect timeout'), { code: 'connect_timeout' });
