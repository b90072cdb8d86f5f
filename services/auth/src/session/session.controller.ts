import { Body, Controller, Delete, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import {
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { AuditTrail } from '@muxgate/audit';
import { IsString, Length } from 'class-validator';
import type { Response } from 'express';
import { AdminTokens, mayActAs, ROLES } from '../admin/admin-tokens.js';
import { Needs, Public } from '../admin/admin.guard.js';
import { RoleRequired } from '../admin/admin.errors.js';
import { PublicUrl } from '../connect/public-url.js';
import type { AuthRequest } from '../http/auth-request.js';
import { callerOf } from '../http/caller.js';
import { ApiPage, isoTime, type Page } from '../http/paging.js';
import { assertOwnPage, assertSameSite } from './same-site.js';
import { SessionNotFound, SignInRefused } from './session.errors.js';
import { SessionStore, type Session } from './session.store.js';
import { SignIn } from './sign-in.js';
import { SignInLimit } from './sign-in-limit.js';

class SignInBody {
  @ApiProperty({ description: 'an admin token' })
  @IsString()
  @Length(1, 1024)
  token!: string;
}

class SessionView {
  @ApiProperty() name!: string;
  @ApiProperty({ enum: ROLES }) role!: string;
  @ApiProperty({ enum: ['token', 'sso'] }) via!: string;
  @ApiProperty({ description: 'to be sent in x-csrf-token with every change' }) csrfToken!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
}

class ListedSessionView {
  @ApiProperty() id!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ enum: ROLES }) role!: string;
  @ApiProperty({ enum: ['token', 'sso'] }) via!: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ format: 'date-time' }) lastSeenAt!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
  @ApiProperty() address!: string;
  @ApiProperty() userAgent!: string;
  @ApiPropertyOptional({ description: 'the one that asks' }) current?: boolean;
}

/** Signing in to the console with an admin token, signing out, and who is signed in. */
@ApiTags('session')
@Controller('api')
export class SessionController {
  constructor(
    private readonly signIn: SignIn,
    private readonly sessions: SessionStore,
    private readonly tokens: AdminTokens,
    private readonly limit: SignInLimit,
    private readonly publicUrl: PublicUrl,
    private readonly trail: AuditTrail,
  ) {}

  @Post('session')
  @HttpCode(200)
  @Public()
  @ApiOperation({ summary: 'Sign in with an admin token; the answer sets a session cookie' })
  @ApiOkResponse({ type: SessionView })
  async begin(
    @Body() { token }: SignInBody,
    @Req() request: AuthRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SessionView> {
    assertSameSite(request, this.publicUrl.origin);
    const address = request.ip ?? 'unknown';
    await this.limit.begin(address);
    const principal = this.tokens.authenticate(token);
    if (principal === undefined) throw new SignInRefused('The admin token is not known.');
    await this.limit.succeeded(address);
    return viewOf(await this.signIn.begin(request, response, principal, 'token'));
  }

  @Get('session')
  @Public()
  @ApiOperation({ summary: 'Who is signed in; 401 for nobody' })
  @ApiOkResponse({ type: SessionView })
  async current(@Req() request: AuthRequest): Promise<SessionView> {
    return viewOf(await this.mine(request));
  }

  @Delete('session')
  @HttpCode(204)
  @Public()
  @ApiOperation({ summary: 'Sign out' })
  @ApiNoContentResponse()
  async end(@Req() request: AuthRequest, @Res({ passthrough: true }) response: Response): Promise<void> {
    const session = await this.mine(request);
    assertOwnPage(request, session, this.publicUrl.origin);
    await this.signIn.end(request, response, session);
  }

  @Get('sessions')
  @Needs('viewer')
  @ApiOperation({ summary: "Sessions of the console: an admin sees everyone's, others their own" })
  @ApiPage(ListedSessionView)
  async list(@Req() request: AuthRequest): Promise<Page<ListedSessionView>> {
    const mine = await this.signIn.current(request);
    const seen = (await this.sessions.list()).filter((session) => mayTouch(request, session));
    return { items: seen.map((session) => listedView(session, mine?.id)) };
  }

  @Delete('sessions/:id')
  @HttpCode(204)
  @Needs('viewer')
  @ApiOperation({ summary: 'End one session; `all` ends every session of the caller' })
  @ApiNoContentResponse()
  async endOther(@Param('id') id: string, @Req() request: AuthRequest): Promise<void> {
    const { name, address } = callerOf(request);
    if (id === 'all') await this.sessions.endAllOf(name);
    else {
      const session = (await this.sessions.list()).find((one) => one.id === id);
      if (session === undefined) throw new SessionNotFound('There is no such session.');
      if (!mayTouch(request, session)) throw new RoleRequired('Only an admin ends sessions of others.');
      await this.sessions.end(id);
    }
    const entry = { actor: name, action: 'session.revoke', subject: id, from: address } as const;
    await this.trail.record({ ...entry, outcome: 'success' });
  }

  private async mine(request: AuthRequest): Promise<Session> {
    const session = await this.signIn.current(request);
    if (session === undefined) throw new SignInRefused('Nobody is signed in.');
    return session;
  }
}

function mayTouch({ principal }: AuthRequest, session: Session): boolean {
  return (
    principal !== undefined && (mayActAs(principal, 'admin') || principal.name === session.principal.name)
  );
}

function viewOf({ principal, via, csrfToken, expiresAt }: Session): SessionView {
  return { ...principal, via, csrfToken, expiresAt: isoTime(expiresAt) };
}

function listedView(session: Session, mine: string | undefined): ListedSessionView {
  const { id, principal, via, createdAt, lastSeenAt, expiresAt, address, userAgent } = session;
  return {
    id,
    ...principal,
    via,
    createdAt: isoTime(createdAt),
    lastSeenAt: isoTime(lastSeenAt),
    expiresAt: isoTime(expiresAt),
    address,
    userAgent,
    ...(id === mine ? { current: true } : {}),
  };
}
