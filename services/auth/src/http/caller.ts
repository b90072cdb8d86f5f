import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { AuthRequest } from './auth-request.js';

/** Who asks, and from where; for the audit log. */
export interface Caller {
  readonly name: string;
  readonly address: string;
}

/** Whoever did not show who they are. */
export const ANONYMOUS = 'anonymous';

export function callerOf(request: AuthRequest): Caller {
  return { name: request.principal?.name ?? ANONYMOUS, address: request.ip ?? 'unknown' };
}

export const CalledBy = createParamDecorator((_: undefined, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<AuthRequest>()),
);
