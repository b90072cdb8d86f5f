import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RedisClient } from '@muxgate/redis';
import { open, seal, type KeyRing } from '@muxgate/vault';

/** A person may connect one credential, once. Times are epoch milliseconds. */
export interface Invitation {
  readonly id: string;
  /** the OAuth provider */
  readonly provider: string;
  readonly credential: string;
  /** name of the admin token */
  readonly invitedBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usedAt?: number;
}

/** What the invited person's browser is in the middle of. */
export interface InvitedAttempt {
  readonly state: string;
  readonly url: string;
  readonly completion: string;
  readonly expiresAt: number;
  readonly userCode?: string;
}

/** Those that are over are kept for a week, so that their link can say so. */
const KEPT_AFTER_END_MS = 7 * 24 * 3_600_000;
/** As long as the cookie lives that tells the browser. */
const BROWSER_LIFE_MS = 3_600_000;
const ORDER = 'muxgate:invitations';
const TOKEN = /^(inv_[0-9a-z]{21})\.([A-Za-z0-9_-]{43})$/;

/** Whoever has the link has the invitation, so Redis holds its hash alone. */
export class InvitationStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly ring: KeyRing,
    private readonly now: () => number = Date.now,
  ) {}

  /** The token is for the link, and nowhere else. */
  async create(
    input: Pick<Invitation, 'provider' | 'credential' | 'invitedBy'> & { readonly lifeMs: number },
  ): Promise<{ invitation: Invitation; token: string }> {
    const { lifeMs, ...rest } = input;
    const createdAt = this.now();
    const id = `inv_${createdAt.toString(36).padStart(9, '0')}${randomBytes(6).toString('hex')}`;
    const secret = randomBytes(32).toString('base64url');
    const invitation = { id, ...rest, createdAt, expiresAt: createdAt + lifeMs };
    await this.redis.zadd(ORDER, 0, id);
    await this.redis
      .multi()
      .hset(keyOf(id), { ...invitation, secret: hash('sha256', secret) })
      .pexpireat(keyOf(id), invitation.expiresAt + KEPT_AFTER_END_MS)
      .exec();
    return { invitation, token: `${id}.${secret}` };
  }

  /** Also one that is used or expired; nothing for a token that is wrong, revoked or long over. */
  async find(token: string): Promise<Invitation | undefined> {
    const [, id, secret] = TOKEN.exec(token) ?? [];
    if (id === undefined || secret === undefined) return undefined;
    const stored = await this.redis.hgetall(keyOf(id));
    const invitation = read(stored);
    const right = Buffer.from(stored['secret'] ?? '');
    const given = Buffer.from(hash('sha256', secret));
    return invitation !== undefined && right.length === given.length && timingSafeEqual(right, given)
      ? invitation
      : undefined;
  }

  isOpen({ usedAt, expiresAt }: Invitation): boolean {
    return usedAt === undefined && expiresAt > this.now();
  }

  /** Newest first; `cursor` is the last id of the page before. */
  async list(page: {
    cursor?: string | undefined;
    limit?: number | undefined;
  }): Promise<{ items: Invitation[]; nextCursor?: string }> {
    const limit = page.limit ?? 100;
    const from = page.cursor === undefined ? '+' : `(${page.cursor}`;
    const ids = await this.redis.zrange(ORDER, from, '-', 'BYLEX', 'REV', 'LIMIT', 0, limit + 1);
    const items: Invitation[] = [];
    for (const id of ids.slice(0, limit)) {
      const invitation = read(await this.redis.hgetall(keyOf(id)));
      if (invitation === undefined) await this.redis.zrem(ORDER, id);
      else items.push(invitation);
    }
    const last = ids[limit - 1];
    return ids.length > limit && last !== undefined ? { items, nextCursor: last } : { items };
  }

  /** False if there was none. */
  async revoke(id: string): Promise<boolean> {
    const [removed] = await Promise.all([this.redis.del(keyOf(id)), this.redis.zrem(ORDER, id)]);
    await this.redis.del(browserKeyOf(id), attemptKeyOf(id));
    return removed === 1;
  }

  /** Ties it to the browser that opens it first, for an hour; false for any other. */
  async claim(id: string, browser: string): Promise<boolean> {
    const first = await this.redis.set(browserKeyOf(id), browser, 'PX', BROWSER_LIFE_MS, 'NX');
    return first === 'OK' || (await this.isClaimedBy(id, browser));
  }

  async isClaimedBy(id: string, browser: string): Promise<boolean> {
    return (await this.redis.get(browserKeyOf(id))) === browser;
  }

  async keepAttempt(id: string, attempt: InvitedAttempt): Promise<void> {
    const sealed = seal(this.ring, JSON.stringify(attempt), contextOf(id));
    await this.redis.set(attemptKeyOf(id), sealed, 'PXAT', Math.ceil(attempt.expiresAt));
  }

  async attempt(id: string): Promise<InvitedAttempt | undefined> {
    const sealed = await this.redis.get(attemptKeyOf(id));
    return sealed === null
      ? undefined
      : (JSON.parse(open(this.ring, sealed, contextOf(id))) as InvitedAttempt);
  }

  /** Uses it up for one transaction; again for the same one changes nothing. False if it is over, or was revoked. */
  async spend(id: string, transaction: string): Promise<boolean> {
    return (await this.redis.eval(SPEND, 1, keyOf(id), transaction, this.now())) === 1;
  }
}

const SPEND = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local usedBy = redis.call('HGET', KEYS[1], 'usedBy')
if usedBy then return usedBy == ARGV[1] and 1 or 0 end
if tonumber(redis.call('HGET', KEYS[1], 'expiresAt')) <= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'usedBy', ARGV[1], 'usedAt', ARGV[2])
return 1`;

function read(stored: Readonly<Record<string, string>>): Invitation | undefined {
  const { id, provider, credential, invitedBy, createdAt, expiresAt, usedAt } = stored;
  if (id === undefined || provider === undefined || credential === undefined) return undefined;
  return {
    id,
    provider,
    credential,
    invitedBy: invitedBy ?? '',
    createdAt: Number(createdAt),
    expiresAt: Number(expiresAt),
    ...(usedAt === undefined ? {} : { usedAt: Number(usedAt) }),
  };
}

const keyOf = (id: string): string => `muxgate:{i:${id}}:invitation`;
const browserKeyOf = (id: string): string => `muxgate:{i:${id}}:browser`;
const attemptKeyOf = (id: string): string => `muxgate:{i:${id}}:attempt`;

function contextOf(id: string) {
  return { purpose: 'transaction', credential: id, provider: '', generation: 0 } as const;
}
