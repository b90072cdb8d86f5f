import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { defineError, messageOf } from './errors.js';
import type { Logger } from './logger.js';

export interface Readiness {
  readonly ok: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}

export interface ManagementOptions {
  readonly host: string;
  readonly port: number;
  readonly registry: Registry;
  readonly readiness: () => Readiness | Promise<Readiness>;
  /** The process turns; a failing answer asks for a restart, so it must not depend on others. */
  readonly alive?: () => boolean;
  readonly logger: Logger;
}

export interface ManagementServer {
  readonly port: number;
  close(): Promise<void>;
}

export const PortUnavailable = defineError('PortUnavailable', 'port_unavailable', 500);

/** `/livez`, `/readyz` and `/metrics` on a port of their own, the same in every service (contract, section 9). */
export async function startManagementServer(options: ManagementOptions): Promise<ManagementServer> {
  const server = createServer((request, response) => {
    answer(request.url?.split('?')[0] ?? '/', options, response).catch((error: unknown) => {
      options.logger.error({ err: error }, 'management request failed');
      if (!response.headersSent) sendJson(response, 500, { error: 'internal' });
      else response.destroy();
    });
  });
  const port = await listen(server, options.port, options.host, 'MANAGEMENT_PORT');
  return { port, close: () => closeServer(server) };
}

async function answer(path: string, options: ManagementOptions, response: ServerResponse): Promise<void> {
  switch (path) {
    case '/livez': {
      const alive = options.alive?.() ?? true;
      return sendJson(response, alive ? 200 : 503, { ok: alive });
    }
    case '/readyz': {
      const readiness = await options.readiness();
      return sendJson(response, readiness.ok ? 200 : 503, readiness);
    }
    case '/metrics': {
      const body = await options.registry.metrics();
      response.writeHead(200, { 'content-type': options.registry.contentType });
      response.end(body);
      return undefined;
    }
    default:
      return sendJson(response, 404, { error: 'not_found', paths: ['/livez', '/readyz', '/metrics'] });
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

/** Listens, or fails with one sentence that names the port and the variable to change. Answers the port in use. */
export function listen(server: Server, port: number, host: string, variable: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE' ? 'is already in use' : `cannot be opened (${messageOf(error)})`;
      reject(
        new PortUnavailable(`port ${port} on ${host} ${reason}; set ${variable} to another`, {
          cause: error,
        }),
      );
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

const LOOK_FOR_IDLE_EVERY_MS = 50;

/** Stops accepting and lets open requests end; a connection that falls idle only after that is closed as well. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const sweep = setInterval(() => server.closeIdleConnections(), LOOK_FOR_IDLE_EVERY_MS);
  try {
    await closed;
  } finally {
    clearInterval(sweep);
  }
}
