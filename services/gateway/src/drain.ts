import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ShutdownStep } from '@muxgate/runtime';
import type { GatewayEnvironment } from './environment.js';
import type { Admission } from './proxy/admission.js';
import { Draining } from './proxy/errors.js';
import type { Exchange } from './proxy/exchange.js';
import type { ProxyPipeline } from './proxy/proxy.pipeline.js';

/** How long connections may take to bring out the last bytes. */
const LAST_BYTES_MS = 1_000;
/** How soon after an answer a client may send its next request on a connection that it was not told to leave. */
const NEXT_REQUEST_MS = 500;

/**
 * The end of a gateway: `/readyz` says no while requests are still taken, and every answer tells its client to leave
 * the connection; then new connections are sent elsewhere, and those that are open may finish what runs on them; at
 * the deadline what is left gets the surface's error event.
 */
export function drainSteps(
  environment: Pick<GatewayEnvironment, 'DRAIN_GRACE_SECONDS' | 'DRAIN_SECONDS'>,
  server: Server,
  admission: Admission,
  pipeline: ProxyPipeline,
): ShutdownStep[] {
  const graceMs = environment.DRAIN_GRACE_SECONDS * 1000;
  const drainMs = environment.DRAIN_SECONDS * 1000;
  return [
    {
      name: 'announce',
      timeoutMs: graceMs + 1_000,
      run: async () => {
        admission.announceLeave();
        server.prependListener('request', leaveConnection);
        server.prependListener('checkContinue', leaveConnection);
        await sleep(graceMs);
      },
    },
    {
      name: 'drain',
      timeoutMs: drainMs + 2 * LAST_BYTES_MS,
      run: async () => {
        server.on('connection', (socket: Socket) => admission.turnAway(socket));
        const left = await finished(server, admission, performance.now() + drainMs);
        for (const exchange of left) pipeline.fail(exchange, new Draining('this gateway is shutting down'));
        if (left.length > 0) await admission.emptied(LAST_BYTES_MS);
        server.closeIdleConnections();
        server.closeAllConnections();
      },
    },
  ];
}

/** The head of this answer says `connection: close`: whoever keeps connections is balanced anew with the next one. */
function leaveConnection(_req: IncomingMessage, res: ServerResponse): void {
  res.shouldKeepAlive = false;
}

/**
 * Those still open at the deadline. A stream whose head left before the end was announced could not say so: the
 * client's next request may come on the same connection, and is the last one there.
 */
async function finished(
  server: Server,
  admission: Admission,
  deadline: number,
): Promise<readonly Exchange[]> {
  for (;;) {
    const left = await admission.emptied(deadline - performance.now());
    const rest = Math.min(NEXT_REQUEST_MS, deadline - performance.now());
    if (left.length > 0 || rest <= 0 || (await connections(server)) === 0) return left;
    await sleep(rest);
    if (admission.all().length === 0) return [];
  }
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
}
