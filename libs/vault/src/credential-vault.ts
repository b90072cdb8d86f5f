import type { RedisClient } from '@muxgate/redis';
import { AccessVault } from './access-vault.js';
import { DueIndex } from './due-index.js';
import { open } from './envelope.js';
import { CredentialExists, VaultContended } from './errors.js';
import { accessKey, CREDENTIAL_EVENTS, CREDENTIAL_INDEX, recordKeys, TOMBSTONE_LIFE_MS } from './keys.js';
import {
  isRemoved,
  stateOf,
  type CredentialState,
  type CredentialStatus,
  type StoredTokenSet,
} from './record.js';
import {
  refreshDueAt,
  SHORTEST_FORCED_INTERVAL_MS,
  SHORTEST_INTERVAL_MS,
  type RefreshPolicy,
} from './refresh-schedule.js';
import { runScript, scripts } from './scripts.js';
import { tokenFields, type KeyRings } from './token-fields.js';

const CONNECT_ATTEMPTS = 5;

export interface ConnectInput {
  readonly credential: string;
  readonly provider: string;
  readonly tokenSet: StoredTokenSet;
  readonly clientId: string;
  /** What was asked for; the token set's own scopes win. */
  readonly scopes: readonly string[];
  readonly schedule: RefreshPolicy;
  /** Epoch ms; when the authorization was given, where that was not now: one that is moved here keeps its age. */
  readonly connectedAt?: number | undefined;
  /** Refuses, with CredentialExists, to take the place of another. */
  readonly onlyIfNew?: boolean;
}

/** A credential with all of its secrets, for an export. */
export interface WholeCredential {
  readonly credential: string;
  readonly provider: string;
  readonly status: CredentialStatus;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly connectedAt?: number;
  readonly tokenSet: StoredTokenSet;
}

/** One authorization of a credential: the generation that it began with. */
export type Connected = Pick<CredentialState, 'credential' | 'generation'>;

/** Tokens that were stored before; the caller revokes them. */
export interface ForgottenTokens {
  readonly provider: string;
  readonly refreshToken?: string;
  readonly accessToken?: string;
  /** the client that they were issued to */
  readonly clientId?: string;
}

/**
 * `queued`: due now, or already under way. `throttled`: forced less than a minute ago. `terminal`: only a new
 * authorization helps.
 */
export type RefreshRequest = 'queued' | 'fresh' | 'throttled' | 'terminal' | 'missing';

/** The whole vault, for those who hold both key rings. */
export class CredentialVault extends AccessVault {
  protected readonly rings: KeyRings;
  readonly dueIndex: DueIndex;

  constructor(redis: RedisClient, rings: KeyRings, now: () => number = Date.now) {
    super(redis, rings.accessRing, now);
    this.rings = rings;
    this.dueIndex = new DueIndex(redis);
  }

  /** Stores a first or a new authorization. A refresh under way loses against it. */
  async connect(input: ConnectInput): Promise<{ state: CredentialState; superseded?: ForgottenTokens }> {
    const { credential, provider, tokenSet } = input;
    await this.redis.zadd(CREDENTIAL_INDEX, 0, credential); // first: a record is never without its index entry
    for (let attempt = 0; attempt < CONNECT_ATTEMPTS; attempt++) {
      const before = await this.readBoth(credential);
      if (input.onlyIfNew && !isRemoved(before.access)) {
        throw new CredentialExists(`there is a credential "${credential}"`);
      }
      const generation = Number(before.access['generation'] ?? 0);
      const now = this.now();
      const connectedAt = input.connectedAt ?? now;
      const refreshAt = refreshDueAt(input.schedule, { ...tokenSet, connectedAt }, now, Math.random());
      const fields = tokenFields(
        this.rings,
        { credential, provider, generation: generation + 1 },
        { ...tokenSet, scopes: tokenSet.scopes ?? input.scopes },
        { now, refreshAt },
      );
      const access = ['provider', provider, 'connectedAt', String(connectedAt), ...fields.access];
      const refresh = ['clientId', input.clientId, ...fields.refresh];
      const [stored] = (await runScript(this.redis, scripts.connect, recordKeys(credential), [
        CREDENTIAL_EVENTS,
        credential,
        generation,
        access.length / 2,
        ...access,
        ...refresh,
      ])) as [number];
      if (stored !== 1) continue;
      await this.dueIndex.schedule(credential, refreshAt);
      const state = await this.readState(credential);
      if (state === undefined) break;
      const superseded = this.forgotten(credential, before);
      return superseded === undefined ? { state } : { state, superseded };
    }
    throw new VaultContended(`credential "${credential}" keeps changing; try again`);
  }

  /**
   * Everything of a credential, opened, for whoever seals it to another key at once.
   *
   * @throws EnvelopeInvalid when a key that sealed it is gone
   */
  async readWhole(credential: string): Promise<WholeCredential | undefined> {
    const { access, refresh } = await this.readBoth(credential);
    if (isRemoved(access)) return undefined;
    const { provider, status, scopes, connectedAt, refreshExpiresAt, account } = stateOf(
      credential,
      access,
      this.now(),
    );
    const place = { credential, provider, generation: Number(access['generation']) };
    const sealed = refresh['refresh'];
    return {
      credential,
      provider,
      status,
      scopes,
      clientId: refresh['clientId'] ?? '',
      ...(connectedAt === undefined ? {} : { connectedAt }),
      tokenSet: {
        accessToken: open(this.rings.accessRing, access['access'] ?? '', { purpose: 'access', ...place }),
        refreshToken:
          sealed === undefined
            ? undefined
            : open(this.rings.refreshRing, sealed, { purpose: 'refresh', ...place }),
        tokenType: access['tokenType'] ?? 'Bearer',
        expiresAt: Number(access['expiresAt']),
        account,
        refreshExpiresAt,
      },
    };
  }

  /**
   * Forgets a credential; answers its tokens for revocation, or nothing if it was not there, or was not of the
   * generation that it was to be of.
   */
  async remove(credential: string, only: { generation?: number } = {}): Promise<ForgottenTokens | undefined> {
    const removed = (await runScript(this.redis, scripts.remove, recordKeys(credential), [
      CREDENTIAL_EVENTS,
      credential,
      TOMBSTONE_LIFE_MS,
      only.generation ?? '',
    ])) as [string[], string[]] | [] | ['changed'];
    if (removed.length === 1) return undefined;
    await Promise.all([this.dueIndex.forget(credential), this.redis.zrem(CREDENTIAL_INDEX, credential)]);
    if (removed.length === 0) return undefined;
    return this.forgotten(credential, { access: toHash(removed[0]), refresh: toHash(removed[1]) });
  }

  /**
   * Makes a credential due now. With `newerThan` only while its generation is not beyond that one; at most one
   * forced refresh a minute. `force` (an operator) also ends a back-off and tries a blocked credential again.
   */
  async requestRefresh(
    credential: string,
    options: { newerThan?: number | undefined; force?: boolean | undefined },
  ): Promise<RefreshRequest> {
    const [answer, dueAt] = (await runScript(this.redis, scripts.requestRefresh, recordKeys(credential), [
      options.newerThan ?? '',
      options.force === true ? '1' : '0',
      SHORTEST_FORCED_INTERVAL_MS,
      SHORTEST_INTERVAL_MS,
    ])) as [RefreshRequest, number?];
    if (answer === 'queued' && dueAt !== undefined) await this.dueIndex.schedule(credential, dueAt);
    return answer;
  }

  /** The client that the stored refresh token is bound to. */
  async readClientId(credential: string): Promise<string | undefined> {
    const [, refreshKey] = recordKeys(credential);
    return (await this.redis.hget(refreshKey, 'clientId')) ?? undefined;
  }

  /** Says what became of a step after connecting; without effect once another authorization took its place. */
  async note({ credential, generation }: Connected, notes: Readonly<Record<string, string>>): Promise<void> {
    await runScript(this.redis, scripts.note, recordKeys(credential), [generation, JSON.stringify(notes)]);
  }

  /** The provider refuses this authorization elsewhere than at its token endpoint. */
  async block({ credential, generation }: Connected, code: string, message: string): Promise<void> {
    await runScript(this.redis, scripts.block, recordKeys(credential), [
      CREDENTIAL_EVENTS,
      credential,
      generation,
      code,
      message,
    ]);
    await this.dueIndex.restore(credential);
  }

  private async readBoth(
    credential: string,
  ): Promise<{ access: Record<string, string>; refresh: Record<string, string> }> {
    const [, refreshKey] = recordKeys(credential);
    const [access, refresh] = await Promise.all([
      this.redis.hgetall(accessKey(credential)),
      this.redis.hgetall(refreshKey),
    ]);
    return { access, refresh };
  }

  private forgotten(
    credential: string,
    stored: { access: Record<string, string>; refresh: Record<string, string> },
  ): ForgottenTokens | undefined {
    const { provider, access } = stored.access;
    const { refresh } = stored.refresh;
    if (provider === undefined || access === undefined) return undefined;
    const place = { credential, provider, generation: Number(stored.access['generation']) };
    const { clientId } = stored.refresh;
    return {
      provider,
      ...(clientId === undefined ? {} : { clientId }),
      ...this.tryOpen('accessToken', () =>
        open(this.rings.accessRing, access, { purpose: 'access', ...place }),
      ),
      ...(refresh === undefined
        ? {}
        : this.tryOpen('refreshToken', () =>
            open(this.rings.refreshRing, refresh, { purpose: 'refresh', ...place }),
          )),
    };
  }

  /** A token whose key is gone cannot be revoked, and must not stop it from being forgotten. */
  private tryOpen<K extends string>(name: K, opened: () => string): Partial<Record<K, string>> {
    try {
      return { [name]: opened() } as Record<K, string>;
    } catch {
      return {};
    }
  }
}

/** A script's HGETALL is a flat list. */
export function toHash(flat: readonly string[]): Record<string, string> {
  const hash: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) hash[flat[i] ?? ''] = flat[i + 1] ?? '';
  return hash;
}
