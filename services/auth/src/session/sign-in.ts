import type { AuditTrail } from '@muxgate/audit';
import type { Response } from 'express';
import type { AdminTokens, Principal } from '../admin/admin-tokens.js';
import type { AuthRequest } from '../http/auth-request.js';
import type { HostCookie } from '../http/host-cookie.js';
import type { PeopleStore } from './people.store.js';
import type { Session, SessionStore } from './session.store.js';

/** The last step of every way to sign in, and the way out. */
export class SignIn {
  constructor(
    private readonly sessions: SessionStore,
    private readonly people: PeopleStore,
    private readonly cookie: HostCookie,
    private readonly tokens: AdminTokens,
    private readonly trail: AuditTrail,
  ) {}

  /** Begins a session; one that the browser had before ends. */
  async begin(
    request: AuthRequest,
    response: Response,
    principal: Principal,
    via: Session['via'],
  ): Promise<Session> {
    const before = await this.current(request);
    const { cookie, session } = await this.sessions.begin(principal, via, {
      address: request.ip ?? 'unknown',
      userAgent: request.headers['user-agent'],
    });
    await this.people.signedIn(principal);
    response.append('set-cookie', this.cookie.set(cookie));
    if (before !== undefined) await this.sessions.end(before.id);
    await this.record(request, principal.name, 'session.begin', { via, role: principal.role });
    return session;
  }

  /** The session of the request's cookie. */
  async current(request: AuthRequest): Promise<Session | undefined> {
    const cookie = this.cookie.read(request.headers);
    const session = cookie === undefined ? undefined : await this.sessions.find(cookie);
    // who signed in with a token that was taken away, or has another role now, is signed out
    return session?.via === 'token' && !this.tokens.holds(session.principal) ? undefined : session;
  }

  async end(request: AuthRequest, response: Response, session: Session): Promise<void> {
    await this.sessions.end(session.id);
    response.append('set-cookie', this.cookie.clear());
    await this.record(request, session.principal.name, 'session.end', {});
  }

  private record(
    request: AuthRequest,
    actor: string,
    action: string,
    details: Record<string, unknown>,
  ): Promise<void> {
    const from = request.ip ?? 'unknown';
    return this.trail.record({ actor, action, subject: actor, outcome: 'success', from, details });
  }
}
