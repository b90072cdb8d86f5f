import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ShutdownStep } from '@muxgate/runtime';
import type { GatewayEnvironment } from './environment.js';
import type { Admission } from './proxy/admission.js';
import { Draining } from './proxy/errors.js';
import type { ProxyPipeline } from './proxy/proxy.pipeline.js';

/** How long connections may take to bring out the last bytes. */
const LAST_BYTES_MS = 1_000;

/**
 * The end of a gateway: `/readyz` says no while requests are still taken; then new ones are sent elsewhere and the
 * open ones may finish; at the deadline what is left gets the surface's error event.
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
        await sleep(graceMs);
      },
    },
    {
      name: 'drain',
      timeoutMs: drainMs + 2 * LAST_BYTES_MS,
      run: async () => {
        admission.close();
        const left = await admission.emptied(drainMs);
        for (const exchange of left) pipeline.fail(exchange, new Draining('this gateway is shutting down'));
        if (left.length > 0) await admission.emptied(LAST_BYTES_MS);
        server.closeIdleConnections();
        server.closeAllConnections();
      },
    },
  ];
}
