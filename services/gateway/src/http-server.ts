import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { requestId } from '@muxgate/runtime';
import type { ProxyPipeline } from './proxy/proxy.pipeline.js';
import { surfaceOf } from './proxy/surface.js';

export interface HttpServerOptions {
  /** from the first byte of a request to the last of its body */
  readonly bodyDeadlineMs: number;
}

const HEADERS_TIMEOUT_MS = 30_000;
/** Longer than the 60 s of usual load balancers, so that they close idle connections, not we. */
const KEEP_ALIVE_MS = 75_000;

/**
 * The server under the framework: requests of the surfaces go straight to the pipeline, the others to the
 * framework's router (design decision 2).
 */
export function createHttpServer(
  framework: RequestListener,
  pipeline: () => ProxyPipeline | undefined,
  { bodyDeadlineMs }: HttpServerOptions,
): Server {
  const take = (req: IncomingMessage, res: ServerResponse): void => {
    const surface = surfaceOf(req.method, req.url);
    const proxy = surface === undefined ? undefined : pipeline();
    if (surface !== undefined && proxy !== undefined) return proxy.handle(req, res, surface);
    res.setHeader('x-request-id', requestId(req.headers['x-request-id']));
    framework(req, res);
  };
  const server = createServer(
    {
      requestTimeout: bodyDeadlineMs,
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, bodyDeadlineMs),
      connectionsCheckingInterval: Math.min(5_000, bodyDeadlineMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
    },
    take,
  );
  // the pipeline says "continue" when it wants the body: a refusal saves the client from sending it
  server.on('checkContinue', take);
  return server;
}

const WIRE_ERRORS: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'the request headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'the request took too long to arrive'],
};
const MALFORMED = [400, 'Bad Request', 'the request is not valid HTTP'] as const;

/**
 * Garbage on the wire gets one clean answer and a close. Which surface was meant is unknown, so the body carries
 * what both vendors' clients look for.
 */
export function answerWireError(error: Error & { code?: string }, socket: Socket): void {
  const answering = (socket as Socket & { _httpMessage?: ServerResponse })._httpMessage;
  if (error.code === 'ECONNRESET' || !socket.writable || answering?.headersSent) {
    socket.destroy();
    return;
  }
  const [status, reason, message] = WIRE_ERRORS[error.code ?? ''] ?? MALFORMED;
  const body = JSON.stringify({
    type: 'error',
    error: { type: 'invalid_request_error', message, code: null },
  });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json\r\nx-request-id: ${requestId()}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
