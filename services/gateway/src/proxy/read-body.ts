import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyEncoded, BodyIncomplete, BodyTooLarge } from './errors.js';
import type { ReceivedBody } from './splice-in-place.js';

/** Model names are seldom longer. */
const ROOM = 128;
const IDENTITY = new Set(['', 'identity']);

/**
 * Reads a whole request body, as chunks that are joined once, with room for a longer model name. How long a
 * client may take is the server's `requestTimeout`.
 *
 * @throws BodyEncoded, BodyTooLarge at once; `fail` gets BodyTooLarge or BodyIncomplete later
 */
export function readBody(
  req: IncomingMessage,
  res: ServerResponse,
  maxBytes: number,
  next: (body: ReceivedBody) => void,
  fail: (error: unknown) => void,
): void {
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && !IDENTITY.has(encoding.trim().toLowerCase()))
    throw new BodyEncoded('the request body must not be compressed: content-encoding identity only');
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (req.headers.expect !== undefined) res.writeContinue();

  const chunks: Buffer[] = [];
  let length = 0;
  let settled = false;
  const settle = (error: unknown): void => {
    if (settled) return;
    settled = true;
    fail(error);
  };
  req.on('data', (chunk: Buffer) => {
    if (settled) return;
    length += chunk.length;
    if (length > maxBytes) {
      chunks.length = 0;
      settle(tooLarge(maxBytes));
    } else chunks.push(chunk);
  });
  req.on('end', () => {
    if (settled) return;
    settled = true;
    const body = join(chunks, length);
    // this closure lives as long as the request does: it must not keep the body
    chunks.length = 0;
    try {
      next(body);
    } catch (error) {
      fail(error);
    }
  });
  req.on('error', (cause) => settle(new BodyIncomplete('the request body ended early', { cause })));
}

/**
 * Lets a client that is still sending a refused body read the answer: closing on unread data would reset the
 * connection and take the answer with it. Bounded in bytes and time.
 */
export function drainBody(req: IncomingMessage, bounds: { drainBytes: number; drainMs: number }): void {
  if (req.complete) return;
  const cut = (): void => void req.socket.destroy();
  const timer = setTimeout(cut, bounds.drainMs).unref();
  let length = 0;
  req.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > bounds.drainBytes) cut();
  });
  req.on('error', () => undefined);
  req.on('close', () => clearTimeout(timer));
  req.resume();
}

function join(chunks: readonly Buffer[], length: number): ReceivedBody {
  const memory = Buffer.allocUnsafe(ROOM + length);
  let at = ROOM;
  for (const chunk of chunks) {
    memory.set(chunk, at);
    at += chunk.length;
  }
  return { bytes: memory.subarray(ROOM), room: ROOM };
}

function tooLarge(maxBytes: number): Error {
  return new BodyTooLarge(`the request body is larger than ${maxBytes} bytes`);
}
