import type { Server } from 'node:http';
import { closeServer } from '@muxgate/runtime';

const LOOK_EVERY_MS = 50;

/** Stops accepting and lets open requests end; a connection that falls idle only then is closed as well. */
export async function finishRequests(server: Server): Promise<void> {
  const sweep = setInterval(() => server.closeIdleConnections(), LOOK_EVERY_MS);
  try {
    await closeServer(server);
  } finally {
    clearInterval(sweep);
  }
}
