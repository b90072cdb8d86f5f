import { Catch, NotFoundException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { AppError, type Logger } from '@muxgate/runtime';
import type { Response } from 'express';
import type { AllowedMethods } from './allowed-methods.js';
import type { AuthRequest } from './auth-request.js';
import { MethodNotAllowed } from './http.errors.js';
import { toProblem } from './problem.js';

/** Every error of the service leaves here, as `application/problem+json`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly allowedMethods: AllowedMethods,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<AuthRequest>();
    const response = host.switchToHttp().getResponse<Response>();
    const error = this.wrongMethod(thrown, request) ?? thrown;
    const { problem, headers } = toProblem(error);
    if (problem.status >= 500) this.report(error, problem.status, request);
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
