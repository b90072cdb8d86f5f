import type { NextFunction, Request, Response } from 'express';
import { MediaTypeUnsupported } from './http.errors.js';

export const JSON_TYPES = ['application/json', 'application/*+json'];
export const BODY_LIMIT = '64kb';

/** A body of another type would be ignored by the parser, and its fields then reported missing: say what is wrong. */
export function requireJson(request: Request, _response: Response, next: NextFunction): void {
  const isJson = request.is(JSON_TYPES); // null: there is no body
  if (isJson === false && request.headers['content-length'] !== '0') {
    next(new MediaTypeUnsupported('Send the body as application/json.'));
  } else next();
}
