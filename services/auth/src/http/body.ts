import type { NextFunction, Request, Response } from 'express';
import { RequestError } from './request-error.js';

export const JSON_TYPES = ['application/json', 'application/*+json'];
export const BODY_LIMIT = '64kb';

/** A body of another type would be ignored by the parser, and its fields then reported missing: say what is wrong. */
export function requireJson(request: Request, _response: Response, next: NextFunction): void {
  const isJson = request.is(JSON_TYPES); // null: there is no body
  if (isJson === false && request.headers['content-length'] !== '0') {
    next(new RequestError(415, 'unsupported_media_type', 'Send the body as application/json.'));
  } else next();
}
