import { RequestMalformed } from '../proxy/errors.js';
import type { UpstreamBody } from '../proxy/upstream.js';
import { isObject, type Json } from './json.js';

/** @throws RequestMalformed; the scan before it looks only at what routing needs */
export function readJsonBody({ chunks, length }: UpstreamBody): Json {
  const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch (cause) {
    throw new RequestMalformed('the request body is not valid JSON', { cause });
  }
  if (!isObject(value)) throw new RequestMalformed('the request body is not a JSON object');
  return value;
}
