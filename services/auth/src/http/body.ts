import type { IncomingMessage } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { MediaTypeUnsupported } from './http.errors.js';

export const JSON_TYPES = ['application/json', 'application/*+json'];
export const BODY_LIMIT = '64kb';
/** For a body that holds a request to the gateway, or many credentials. */
export const LARGE_BODY_LIMIT = '2mb';
const HOLD_REQUESTS = new Set(['/api/route/explain', '/api/try', '/api/credentials/import']);
const HOLD_CONFIGURATION = new Set(['/api/config', '/api/config/validate']);
const YAML = /^(?:application|text)\/(?:x-)?yaml\b|^text\/plain\b/i;

/**
 * For the parser of JSON: half a surrogate pair is no Unicode (RFC 7493, 2.1). Who reads it back, such as jq, would refuse
 * the whole list that it is in.
 */
export function onlyUnicode(name: string, value: unknown): unknown {
  if (!name.isWellFormed() || (typeof value === 'string' && !value.isWellFormed()))
    throw new SyntaxError('a text is not Unicode');
  return value;
}

/** Where browsers send forms to. */
const FORMS = '/invite';

/** Whether the parser for forms takes this body; it is given node's own request. */
export function isForm({ url = '', headers }: IncomingMessage): boolean {
  return (
    url.startsWith(`${FORMS}/`) &&
    headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  );
}

/** Whether the body parser for large bodies takes this one; it is given node's own request. */
export function holdsRequest({ url = '', headers }: IncomingMessage): boolean {
  const path = pathOf(url);
  return (
    HOLD_REQUESTS.has(path) || (HOLD_CONFIGURATION.has(path) && !YAML.test(headers['content-type'] ?? ''))
  );
}

/** Whether it is a configuration as people write it. */
export function holdsYaml({ url = '', headers }: IncomingMessage): boolean {
  return HOLD_CONFIGURATION.has(pathOf(url)) && YAML.test(headers['content-type'] ?? '');
}

const pathOf = (url: string): string => url.split('?', 1)[0] as string;

/** A body of another type would be ignored by the parser, and its fields then reported missing: say what is wrong. */
export function requireJson(request: Request, _response: Response, next: NextFunction): void {
  if (request.path.startsWith(`${FORMS}/`)) return next();
  const isJson = request.is(JSON_TYPES); // null: there is no body
  if (isJson === false && request.headers['content-length'] !== '0' && !holdsYaml(request)) {
    const types = HOLD_CONFIGURATION.has(request.path)
      ? 'application/yaml or application/json'
      : 'application/json';
    next(new MediaTypeUnsupported(`Send the body as ${types}.`));
  } else next();
}
