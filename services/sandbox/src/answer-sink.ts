import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, createGzip, type Gzip } from 'node:zlib';
import type { LoggedResponse } from './request-log.js';

/** Time for bytes in flight to arrive before a connection is cut: a reset discards what was not read. */
const LINGER_MS = 20;

/** The way out for one answer: content encoding, backpressure, and the ways in which an answer can break off. */
export class AnswerSink {
  private readonly hash: Hash | undefined;
  private gzip: Gzip | undefined;
  /** Aborts when the client has gone before the answer was complete. */
  readonly gone: AbortSignal;

  constructor(
    private readonly response: ServerResponse,
    private readonly log: LoggedResponse,
    private readonly options: { readonly encoding: 'gzip' | undefined; readonly hash: boolean },
  ) {
    const controller = new AbortController();
    this.gone = controller.signal;
    this.hash = options.hash ? createHash('sha256') : undefined;
    response.on('close', () => {
      if (!response.writableFinished && log.outcome === 'open') {
        log.outcome = 'aborted';
        controller.abort();
      }
    });
  }

  head(status: number, headers: Readonly<Record<string, string>>, length?: number): void {
    this.log.status = status;
    const encoded = this.options.encoding === 'gzip';
    this.response.writeHead(status, {
      ...headers,
      ...(encoded ? { 'content-encoding': 'gzip' } : {}),
      ...(length === undefined || encoded ? {} : { 'content-length': String(length) }),
    });
    if (encoded) {
      this.gzip = createGzip();
      this.gzip.on('data', (chunk: Buffer) => void this.send(chunk));
    }
  }

  /** Resolves when the client can take more. */
  async write(chunk: string | Buffer): Promise<void> {
    if (this.gone.aborted || chunk.length === 0) return;
    if (this.gzip !== undefined) {
      this.gzip.write(chunk);
      await new Promise<void>((resolve) => this.gzip?.flush(constants.Z_SYNC_FLUSH, resolve));
      if (!this.response.writableNeedDrain) return;
    } else if (this.send(chunk)) {
      return;
    }
    await once(this.response, 'drain', { signal: this.gone }).catch(() => undefined);
  }

  async end(last?: string | Buffer): Promise<void> {
    if (last !== undefined) await this.write(last);
    if (this.gzip !== undefined) {
      this.gzip.end();
      await once(this.gzip, 'end');
    }
    if (this.gone.aborted) return;
    await new Promise<void>((resolve) => {
      this.response.once('close', resolve);
      this.response.end(resolve);
    });
    this.settle('finished');
  }

  /** Breaks off: an orderly end of the response, a closed connection, a reset one, or nothing ever again. */
  async fail(how: 'end' | 'close' | 'reset' | 'never'): Promise<void> {
    if (how === 'never') {
      if (!this.response.headersSent && this.log.status !== undefined) this.response.flushHeaders();
      if (!this.gone.aborted) await once(this.gone, 'abort');
      return;
    }
    await sleep(LINGER_MS);
    if (this.gone.aborted) return;
    this.settle('failed');
    if (how === 'end') this.response.end();
    else if (how === 'close') this.response.destroy();
    else this.response.socket?.resetAndDestroy();
  }

  private send(chunk: string | Buffer): boolean {
    this.hash?.update(chunk);
    this.log.bytes += Buffer.byteLength(chunk);
    return this.response.write(chunk);
  }

  private settle(outcome: 'finished' | 'failed'): void {
    if (this.log.outcome !== 'open') return;
    this.log.outcome = outcome;
    if (this.hash !== undefined) this.log.sha256 = this.hash.digest('hex');
  }
}
