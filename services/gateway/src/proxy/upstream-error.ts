import type { AppError } from '@muxgate/runtime';
import { UpstreamBroken, UpstreamSilent, UpstreamUnreachable } from './errors.js';

const SILENT = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** What went wrong between us and a provider, for the client: the provider's name, never its address. */
export function upstreamError(error: Error, provider: string, connected: boolean): AppError {
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && SILENT.has(code))
    return new UpstreamSilent(`provider ${provider} sent nothing for too long`, { cause: error });
  return connected
    ? new UpstreamBroken(`the connection to provider ${provider} broke`, { cause: error })
    : new UpstreamUnreachable(`provider ${provider} cannot be reached`, { cause: error });
}
