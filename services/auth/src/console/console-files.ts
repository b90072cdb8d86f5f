import { existsSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import expressStaticGzip from 'express-static-gzip';

/** Where the build of services/console is, beside the built services. */
const DIRECTORY = join(import.meta.dirname, '../../../console');
const NONCE_PLACE = /__CSP_NONCE__/g;

/**
 * The console under `/console`: its files as they were built and compressed, with names that change with their content;
 * its one page for every address below, with a style nonce of its own per answer. Nothing is loaded from elsewhere.
 */
export function serveConsole(app: NestExpressApplication, directory = DIRECTORY): void {
  const page = join(directory, 'index.html');
  // beside the sources there is a page too, but nothing built
  if (!existsSync(join(directory, 'assets'))) return;
  const html = readFileSync(page, 'utf8');
  const assets = expressStaticGzip(join(directory, 'assets'), {
    enableBrotli: true,
    orderPreference: ['br', 'gz'],
    serveStatic: { immutable: true, maxAge: '1y', index: false },
  });
  app.use('/console/assets', assets, (_request: Request, response: Response) => {
    response.status(404).end();
  });
  app.use('/console', (request: Request, response: Response, next: NextFunction) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const nonce = randomBytes(16).toString('base64');
    response
      .status(200)
      .set({
        'content-security-policy': policyWith(nonce),
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'permissions-policy': 'camera=(), geolocation=(), microphone=()',
      })
      .type('html')
      .send(html.replaceAll(NONCE_PLACE, nonce));
  });
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (request.path !== '/') return next();
    response.redirect(302, '/console/');
  });
}

function policyWith(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ');
}
