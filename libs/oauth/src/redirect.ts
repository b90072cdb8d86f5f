import { defineError } from '@muxgate/runtime';
import { safeErrorCode } from './error-codes.js';

/** An authorization response that cannot be read; the message never repeats the input. */
export const RedirectInvalid = defineError('RedirectInvalid', 'redirect_invalid', 400);

export interface AuthorizationResponse {
  code?: string;
  state?: string;
  iss?: string;
  /** Issued with the answer by servers that register clients so (Sign in with ChatGPT). */
  clientId?: string;
  /** Allow-listed code, or `other:<hash>`. */
  error?: string;
  /** Untrusted text of the sender, cut: never render it. */
  errorDescription?: string;
}

const MAX_INPUT = 16_384;
const MAX_CODE = 4096;
const MAX_STATE = 512;
const MAX_ISS = 2048;
const MAX_CLIENT_ID = 512;
const MAX_DESCRIPTION = 512;
const VISIBLE = /^[\x20-\x7e]+$/; // RFC 6749 appendix A: code and state are 1*VSCHAR

/**
 * Reads an authorization response as a person or a browser hands it over: the redirect URL, with or without scheme and
 * host, its query alone, `code#state`, or the bare code. Throws `RedirectInvalid` and nothing else.
 */
export function parseRedirect(input: string): AuthorizationResponse {
  const text = input.trim();
  if (text === '') throw new RedirectInvalid('the authorization response is empty');
  if (text.length > MAX_INPUT) throw new RedirectInvalid('the authorization response is too long');
  const [beforeFragment = ''] = text.split('#', 1);
  if (/^(code|state|error|iss)=/.test(text)) return fromParameters(new URLSearchParams(beforeFragment));
  if (/^[a-z][a-z0-9+.-]*:\/\/|\?/i.test(beforeFragment)) {
    const [, ...query] = beforeFragment.split('?');
    return fromParameters(new URLSearchParams(query.join('?')));
  }
  return fromPaste(text);
}

function fromPaste(text: string): AuthorizationResponse {
  const [code, state, ...rest] = text.split('#');
  if (rest.length > 0) throw new RedirectInvalid('the pasted code holds more than one "#"');
  const response: AuthorizationResponse = { code: checked('code', code ?? '', MAX_CODE) };
  if (state) response.state = checked('state', state, MAX_STATE);
  return response;
}

function fromParameters(parameters: URLSearchParams): AuthorizationResponse {
  const code = single(parameters, 'code');
  const state = single(parameters, 'state');
  const iss = single(parameters, 'iss');
  const error = single(parameters, 'error');
  const description = single(parameters, 'error_description');
  if (code && error) throw new RedirectInvalid('the authorization response holds both a code and an error');
  if (!code && !error)
    throw new RedirectInvalid('the authorization response holds neither a code nor an error');

  const response: AuthorizationResponse = {};
  if (code) response.code = checked('code', code, MAX_CODE);
  if (state) response.state = checked('state', state, MAX_STATE);
  const clientId = single(parameters, 'client_id');
  if (clientId) response.clientId = checked('client_id', clientId, MAX_CLIENT_ID);
  if (iss !== undefined) response.iss = checked('iss', iss, MAX_ISS);
  if (error) response.error = safeErrorCode(error);
  if (error && description) response.errorDescription = description.slice(0, MAX_DESCRIPTION);
  return response;
}

/** A repeated parameter is an attack or a defect: which one the server meant cannot be known. */
function single(parameters: URLSearchParams, name: string): string | undefined {
  const values = parameters.getAll(name);
  if (values.length > 1) throw new RedirectInvalid(`the authorization response repeats "${name}"`);
  return values[0];
}

function checked(name: string, value: string, limit: number): string {
  if (value.length > limit) throw new RedirectInvalid(`the ${name} is longer than ${limit} characters`);
  if (!VISIBLE.test(value))
    throw new RedirectInvalid(`the ${name} is empty or holds characters it cannot hold`);
  return value;
}
