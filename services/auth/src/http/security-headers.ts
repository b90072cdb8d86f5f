import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';

const NOTHING = { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"], 'base-uri': ["'none'"] };

/** The API answers data only: nothing in it may be rendered, framed or kept. */
export const apiHeaders = helmet({ contentSecurityPolicy: { useDefaults: false, directives: NOTHING } });

/** The reference page runs Swagger UI from this service's own files, with the style sheet it inlines. */
export const docsHeaders = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    ...NOTHING,
    'script-src': ["'self'"],
    'style-src': ["'self'", "'unsafe-inline'"],
    'img-src': ["'self'", 'data:'],
    'connect-src': ["'self'"],
  },
});

export function noStore(_request: Request, response: Response, next: NextFunction): void {
  response.set('cache-control', 'no-store');
  next();
}
