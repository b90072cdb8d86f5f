import { hash, randomBytes } from 'node:crypto';
import type { RedisClient } from '@muxgate/redis';
import type { Principal } from '../admin/admin-tokens.js';

/** Somebody who is signed in to the console. Times are epoch milliseconds. */
export interface Session {
  /** SHA-256 of the cookie: names the session without being able to use it. */
  readonly id: string;
  readonly principal: Principal;
  readonly via: 'token' | 'sso';
  /** what a page of ours must send back with a change; no other site can read it */
  readonly csrfToken: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  /** the end, however busy it is */
  readonly expiresAt: number;
  readonly address: string;
  readonly userAgent: string;
}

export interface SessionLimits {
  readonly idleMs: number;
  readonly absoluteMs: number;
}

/** Ids by the time of their end: to list them. The records are the truth, this is an index. */
const INDEX = 'muxgate:sessions';
/** A busy session is written again this often at most. */
const TOUCH_EVERY_MS = 30_000;
const LONGEST_USER_AGENT = 200;

/**
 * Sessions live in Redis under the hash of their cookie, so what Redis holds signs nobody in. They end by themselves
 * when idle, at their absolute end, or when somebody ends them.
 */
export class SessionStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly limits: () => SessionLimits,
    private readonly now: () => number = Date.now,
  ) {}

  /** A new id for each sign-in: what a browser brought along is never taken over (session fixation). */
  async begin(
    principal: Principal,
    via: Session['via'],
    from: { address: string; userAgent: string | undefined },
  ): Promise<{ cookie: string; session: Session }> {
    const cookie = randomBytes(32).toString('base64url');
    const now = this.now();
    const session: Session = {
      id: hash('sha256', cookie),
      principal,
      via,
      csrfToken: randomBytes(32).toString('base64url'),
      createdAt: now,
      lastSeenAt: now,
      expiresAt: now + this.limits().absoluteMs,
      address: from.address,
      userAgent: (from.userAgent ?? '').slice(0, LONGEST_USER_AGENT),
    };
    await this.write(session);
    await this.redis.zadd(INDEX, session.expiresAt, session.id);
    return { cookie, session };
  }

  /** The session of a cookie, which counts as used now. */
  async find(cookie: string): Promise<Session | undefined> {
    const session = await this.read(hash('sha256', cookie));
    if (session === undefined) return undefined;
    if (this.now() - session.lastSeenAt < TOUCH_EVERY_MS) return session;
    const touched = { ...session, lastSeenAt: this.now() };
    // XX: a session that was ended meanwhile stays ended
    await this.write(touched, 'XX');
    return touched;
  }

  /** False if there was none. */
  async end(id: string): Promise<boolean> {
    const [ended] = await Promise.all([this.redis.del(keyOf(id)), this.redis.zrem(INDEX, id)]);
    return ended === 1;
  }

  /** Ends every session of one person; answers how many there were. */
  async endAllOf(name: string): Promise<number> {
    const own = (await this.list()).filter(({ principal }) => principal.name === name);
    const ended = await Promise.all(own.map(({ id }) => this.end(id)));
    return ended.filter(Boolean).length;
  }

  /** Newest first. */
  async list(): Promise<Session[]> {
    await this.redis.zremrangebyscore(INDEX, '-inf', this.now());
    const ids = await this.redis.zrevrange(INDEX, 0, -1);
    const found = await Promise.all(ids.map(async (id) => ({ id, session: await this.read(id) })));
    const gone = found.filter(({ session }) => session === undefined).map(({ id }) => id);
    if (gone.length > 0) await this.redis.zrem(INDEX, ...gone);
    return found
      .flatMap(({ session }) => (session === undefined ? [] : [session]))
      .sort((one, other) => other.createdAt - one.createdAt);
  }

  private async read(id: string): Promise<Session | undefined> {
    const text = await this.redis.get(keyOf(id));
    if (text === null) return undefined;
    const session = JSON.parse(text) as Session;
    return session.expiresAt > this.now() ? session : undefined;
  }

  private async write(session: Session, only?: 'XX'): Promise<void> {
    const ttl = Math.min(this.limits().idleMs, session.expiresAt - this.now());
    if (ttl <= 0) return;
    const text = JSON.stringify(session);
    if (only === undefined) await this.redis.set(keyOf(session.id), text, 'PX', ttl);
    else await this.redis.set(keyOf(session.id), text, 'PX', ttl, only);
  }
}

function keyOf(id: string): string {
  return `muxgate:session:${id}`;
}
