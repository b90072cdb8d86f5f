import { Catch, NotFoundException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { AppError, type Logger } from '@muxgate/runtime';
import type { Response } from 'express';
import type { AllowedMethods } from './allowed-methods.js';
import { RoleRequired } from '../admin/admin.errors.js';
import { refusalOf, type Refusals } from '../admin/refusals.js';
import type { AuthRequest } from './auth-request.js';
import { MethodNotAllowed } from './http.errors.js';
import { toProblem, type Problem } from './problem.js';

/** Every error of the service leaves here, as `application/problem+json`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly allowedMethods: AllowedMethods,
    private readonly refusals: Refusals,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<AuthRequest>();
    const response = host.switchToHttp().getResponse<Response>();
    const error = this.wrongMethod(thrown, request) ?? thrown;
    const { problem, headers } = toProblem(error);
    if (problem.status >= 500) this.report(error, problem.status, request);
    if (isForAudit(request, problem, error)) void this.refusals.note(refusalOf(request, problem));
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response
      .status(problem.status)
      .set(headers)
      .set('cache-control', 'no-store')
      .type('application/problem+json')
      .send(JSON.stringify({ ...problem, requestId: request.id }));
  }

  private wrongMethod(thrown: unknown, request: AuthRequest): AppError | undefined {
    if (!(thrown instanceof NotFoundException)) return undefined;
    const allowed = this.allowedMethods(request.path);
    if (allowed.length === 0 || allowed.includes(request.method)) return undefined;
    return new MethodNotAllowed(`Allowed here: ${allowed.join(', ')}.`, {
      headers: { allow: allowed.join(', ') },
    });
  }

  private report(error: unknown, status: number, request: AuthRequest): void {
    const fields = { err: error, requestId: request.id, status };
    if (error instanceof AppError) this.logger.warn(fields, 'request failed');
    else this.logger.error(fields, 'request failed unexpectedly');
  }
}

/** Connecting records its own failures of those who may connect, with the credential that was to be connected. */
const RECORDS_ITSELF = '/api/oauth/exchange';

/** Not understood, or about nothing that there is: no attempt at a change yet. */
const MALFORMED = new Set([400, 404, 405, 413, 415]);

/** Not let in, or not any more for a while. */
const REFUSED = new Set([401, 403, 429]);

/** Callers that were not let in, and changes by those who were that came to nothing. */
function isForAudit({ method, principal, route }: AuthRequest, { status }: Problem, error: unknown): boolean {
  const { path = '' } = (route ?? {}) as { path?: string };
  if (!path.startsWith('/api/')) return false;
  const isLetIn = principal !== undefined && !(error instanceof RoleRequired);
  if (path === RECORDS_ITSELF && isLetIn) return false;
  if (REFUSED.has(status)) return true;
  return principal !== undefined && method !== 'GET' && !MALFORMED.has(status);
}
