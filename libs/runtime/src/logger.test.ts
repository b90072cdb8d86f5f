import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLogger, type Logger } from './logger.js';

function captured(): { logger: Logger; lines: () => string } {
  const chunks: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  return { logger: createLogger('test', 'trace', sink), lines: () => chunks.join('') };
}

describe('createLogger', () => {
  it('replaces secrets at the top, one level down and in headers', () => {
    const { logger, lines } = captured();
    logger.info({
      authorization: 'SECRET-1',
      tokens: { accessToken: 'SECRET-2', refresh_token: 'SECRET-3' },
      request: { headers: { 'x-api-key': 'SECRET-4', cookie: 'SECRET-5' } },
      query: { code: 'SECRET-6', code_verifier: 'SECRET-7' },
    });
    expect(lines()).not.toContain('SECRET');
    expect(lines()).toContain('[redacted]');
  });

  it("keeps an error's code, message and causes, but none of its other properties", () => {
    const { logger, lines } = captured();
    const cause = Object.assign(new Error('socket closed'), {
      code: 'ECONNRESET',
      config: { headers: 'SECRET' },
    });
    logger.error({ err: new Error('upstream failed', { cause }) }, 'request failed');
    expect(lines()).toContain('ECONNRESET');
    expect(lines()).toContain('upstream failed');
    expect(lines()).not.toContain('SECRET');
  });
});
