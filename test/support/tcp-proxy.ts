import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { registerTeardown } from './teardown.ts';

/**
 * How a connection is treated: `pass` forwards, `blackHole` takes bytes and forwards none (a stalled network),
 * `refuse` closes new connections at once.
 */
export type ProxyMode = 'pass' | 'blackHole' | 'refuse';

export interface TcpProxy {
  readonly port: number;
  /** Connections now open. */
  readonly open: number;
  /** Bytes forwarded so far towards the target. */
  readonly bytesUp: number;
  setMode(mode: ProxyMode): void;
  /** Delay of each chunk, in both directions, from now on. */
  setLatency(ms: number): void;
  /** Resets every open connection (TCP RST). New ones are treated by the mode. */
  cut(): void;
  close(): Promise<void>;
}

export interface ProxyTarget {
  readonly port: number;
  readonly host?: string;
}

/**
 * A TCP proxy on loopback with faults to order. It ends with the test that started it. A function is asked for the
 * target of each new connection; where it names none the connection is refused.
 */
export async function startTcpProxy(
  target: ProxyTarget | (() => ProxyTarget | undefined),
): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let mode: ProxyMode = 'pass';
  let latencyMs = 0;
  let bytesUp = 0;
  let open = 0;

  const forward = (from: Socket, to: Socket, count: (bytes: number) => void) => {
    // Chunks keep their order: each waits for the one before.
    let last = Promise.resolve();
    const later = (send: () => void) => {
      const wait = latencyMs;
      last = last.then(async () => {
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        if (!to.destroyed) send();
      });
    };
    from.on('data', (chunk: Buffer) => {
      if (mode === 'blackHole') return;
      count(chunk.length);
      from.pause();
      later(() => to.write(chunk, () => from.resume()));
    });
    from.on('end', () => {
      if (mode !== 'blackHole') later(() => to.end());
    });
    from.on('close', () => later(() => to.destroy()));
    from.on('error', () => to.destroy());
  };

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const to = typeof target === 'function' ? target() : target;
    if (mode === 'refuse' || to === undefined) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ port: to.port, host: to.host ?? '127.0.0.1', allowHalfOpen: true });
    open += 1;
    client.once('close', () => (open -= 1));
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => sockets.delete(socket));
    }
    forward(client, upstream, (bytes) => (bytesUp += bytes));
    forward(upstream, client, () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');

  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    cut();
    await closed;
  };
  await registerTeardown(close, () => {});
  return {
    port: address.port,
    get open() {
      return open;
    },
    get bytesUp() {
      return bytesUp;
    },
    setMode: (next) => (mode = next),
    setLatency: (ms) => (latencyMs = ms),
    cut,
    close,
  };
}
