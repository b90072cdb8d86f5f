import { RequestMalformed } from '../proxy/errors.js';
import { isObject, type Json } from './json.js';

/** @throws RequestMalformed; the scan before it looks only at what routing needs */
export function readJsonBody(bytes: Buffer): Json {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch (cause) {
    throw new RequestMalformed('the request body is not valid JSON', { cause });
  }
  if (!isObject(value)) throw new RequestMalformed('the request body is not a JSON object');
  return value;
}
