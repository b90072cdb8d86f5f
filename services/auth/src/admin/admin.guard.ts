import {
  applyDecorators,
  SetMetadata,
  type CanActivate,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { ApiBearerAuth, ApiCookieAuth } from '@nestjs/swagger';
import type { Response } from 'express';
import type { PublicUrl } from '../connect/public-url.js';
import type { AuthRequest } from '../http/auth-request.js';
import { RoleRequired, Unauthorized } from './admin.errors.js';
import { assertOwnPage } from '../session/same-site.js';
import type { SignIn } from '../session/sign-in.js';
import { mayActAs, type AdminTokens, type Principal, type Role } from './admin-tokens.js';

const NEEDED_ROLE = 'muxgate:needed-role';
const REALM = 'Bearer realm="muxgate"';

/** The least role that may use a route. A route that says neither this nor `Public` needs `admin`. */
export function Needs(role: Role): ClassDecorator & MethodDecorator {
  return applyDecorators(SetMetadata(NEEDED_ROLE, role), ApiBearerAuth(), ApiCookieAuth());
}

/** For routes that prove by other means who calls. */
export function Public(): CustomDecorator {
  return SetMetadata(NEEDED_ROLE, 'public');
}

/** The one place that decides who may call what. */
export class AdminGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: AdminTokens,
    private readonly signIn: SignIn,
    private readonly publicUrl: PublicUrl,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needed =
      this.reflector.getAllAndOverride<Role | 'public' | undefined>(NEEDED_ROLE, [
        context.getHandler(),
        context.getClass(),
      ]) ?? 'admin';
    const request = context.switchToHttp().getRequest<AuthRequest>();
    context.switchToHttp().getResponse<Response>().vary('authorization, cookie');
    if (needed === 'public') return true;
    const principal = await this.authenticate(request);
    request.principal = principal; // also of those who may not: the logs name them
    if (!mayActAs(principal, needed)) throw forbidden(needed);
    return true;
  }

  /** A script by its token; a person by the session cookie, where no token is sent. */
  private async authenticate(request: AuthRequest): Promise<Principal> {
    const header = request.headers.authorization;
    if (header === undefined) {
      const session = await this.signIn.current(request);
      if (session !== undefined) {
        assertOwnPage(request, session, this.publicUrl.origin);
        return session.principal;
      }
    }
    const token = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
    if (token === undefined) {
      throw unauthorized('Send an admin token: Authorization: Bearer <token>.', REALM);
    }
    const principal = this.tokens.authenticate(token);
    if (principal === undefined) {
      throw unauthorized('The admin token is not known.', `${REALM}, error="invalid_token"`);
    }
    return principal;
  }
}

function unauthorized(detail: string, challenge: string): Error {
  return new Unauthorized(detail, { headers: { 'www-authenticate': challenge } });
}

function forbidden(needed: Role): Error {
  return new RoleRequired(`This needs the role ${needed}.`, {
    members: { role: needed },
    headers: { 'www-authenticate': `${REALM}, error="insufficient_scope", scope="${needed}"` },
  });
}
