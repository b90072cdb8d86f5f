import {
  CLIENT_KEY_EVENTS,
  declaredKey,
  withTeam,
  type Client,
  type ClientChange,
  type ClientKey,
  type ClientKeyStore,
  type Team,
  type TeamStore,
} from '@muxgate/clients';
import type { ClientKeyConfig, ConfigSnapshot } from '@muxgate/config';
import { messageOf, type Logger } from '@muxgate/runtime';
import { ClientKeysUnavailable } from './errors.js';
import type { LastUsed } from './last-used.js';
import type { MaybePromise } from './when-ready.js';

/** The part of a Redis connection that pub/sub needs. */
export interface Subscriber {
  subscribe(channel: string): Promise<unknown>;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
}

export interface ClientKeysOptions {
  /** how often the count of changes is asked for, should a message have been lost */
  readonly checkMs: number;
  /** bound of the wait for Redis on a key that is not in memory */
  readonly waitMs: number;
  readonly unknownMs: number;
  readonly maxKeys?: number;
}

interface Meanwhile {
  readonly hashes: Set<string>;
  readonly versions: Set<number>;
  readonly teams: Map<string, Team>;
}

const MAX_KEYS = 50_000;
const MAX_UNKNOWN = 1_000;

/**
 * Clients by their keys, in memory: filled at start and kept fresh by messages, which are counted, so that a lost one
 * shows and all is read again. A known key needs no Redis; an unknown one is looked up, and remembered as unknown
 * for a moment so that a client that keeps knocking does not reach Redis each time. Keys that the configuration
 * declares come with the request's snapshot.
 */
export class ClientKeys {
  /** by stored hash; the first ones go when there are too many */
  private known = new Map<string, ClientKey>();
  private teams: ReadonlyMap<string, Team> = new Map();
  private readonly unknown = new Map<string, number>();
  private readonly loading = new Map<string, Promise<ClientKey | undefined>>();
  private readonly declared = new WeakMap<ClientKeyConfig, ClientKey>();
  private readonly joined = new WeakMap<ClientKey, Client>();
  private readonly maxKeys: number;
  private timer: NodeJS.Timeout | undefined;
  /** all changes up to this one are in memory */
  private version = -1;
  /** what Redis said when it was last asked, if that was not `version` */
  private ahead: number | undefined;
  /** what changed while everything is being read */
  private meanwhile: Meanwhile | undefined;
  private complained = false;

  constructor(
    private readonly store: ClientKeyStore,
    private readonly teamStore: TeamStore,
    private readonly subscriber: Subscriber,
    private readonly lastUsed: LastUsed,
    private readonly options: ClientKeysOptions,
    private readonly logger: Logger,
    private readonly now: () => number = Date.now,
  ) {
    this.maxKeys = options.maxKeys ?? MAX_KEYS;
  }

  /** Starts even without Redis: known keys then come with the first reading that succeeds. */
  async start(): Promise<void> {
    this.subscriber.on('message', (channel, message) => {
      if (channel === CLIENT_KEY_EVENTS) this.apply(message);
    });
    this.subscriber.subscribe(CLIENT_KEY_EVENTS).catch((error: unknown) => this.complain(error));
    const read = this.store.adoptPlainHashes().then(() => this.reread());
    await withDeadline(read, this.options.waitMs).catch((error: unknown) => this.complain(error));
    this.timer = setInterval(() => {
      this.check().catch((error: unknown) => this.complain(error));
    }, this.options.checkMs).unref();
    this.lastUsed.start();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.lastUsed.stop();
  }

  get size(): number {
    return this.known.size;
  }

  /**
   * The client whose key has this SHA-256.
   *
   * @throws ClientKeysUnavailable if the key is not in memory and Redis does not say in time.
   */
  find(sha256: string, { clients }: ConfigSnapshot): MaybePromise<Client | undefined> {
    const declared = clients.keys.get(sha256);
    if (declared !== undefined) return this.join(this.declaredClient(declared), clients.teams);
    const { hasher } = this.store;
    if (!hasher.isReady)
      return this.load(this.readWithTeam(this.store.findByHash(sha256))).then(
        (client) => client && this.join(client, clients.teams),
      );
    const hash = hasher.hash(sha256);
    const client = this.known.get(hash);
    if (client !== undefined) return this.join(client, clients.teams);
    const until = this.unknown.get(hash);
    if (until !== undefined && until > this.now()) return undefined;
    return this.fetch(hash).then((found) => found && this.join(found, clients.teams));
  }

  private declaredClient(config: ClientKeyConfig): ClientKey {
    let client = this.declared.get(config);
    if (client === undefined) this.declared.set(config, (client = declaredKey(config)));
    return client;
  }

  private join(client: ClientKey, declaredTeams: ReadonlyMap<string, Team>): Client {
    this.lastUsed.note(client.id);
    if (client.team === undefined) return client;
    const team = declaredTeams.get(client.team) ?? this.teams.get(client.team);
    if (team === undefined) return client;
    const before = this.joined.get(client);
    if (before?.shared === team) return before;
    const joined = withTeam(client, team);
    this.joined.set(client, joined);
    return joined;
  }

  private fetch(hash: string): Promise<ClientKey | undefined> {
    const running = this.loading.get(hash);
    if (running !== undefined) return running;
    const reading = this.readWithTeam(this.store.findByStoredHash(hash));
    const loading: Promise<ClientKey | undefined> = this.load(reading).then((client) => {
      // a message that came meanwhile has begun another reading
      if (this.loading.get(hash) === loading) {
        this.loading.delete(hash);
        if (client === undefined) this.rememberUnknown(hash);
        else this.remember(hash, client);
      }
      return client;
    });
    this.loading.set(hash, loading);
    loading.catch(() => {
      if (this.loading.get(hash) === loading) this.loading.delete(hash);
    });
    return loading;
  }

  /** A team may be as new as its key, and what it forbids must not come later: it is asked for, unless it is known. */
  private async readWithTeam(reading: Promise<ClientKey | undefined>): Promise<ClientKey | undefined> {
    const client = await reading;
    if (client?.team === undefined || this.teams.has(client.team)) return client;
    const team = await this.teamStore.get(client.team);
    if (team === undefined) return client;
    this.meanwhile?.teams.set(team.name, team);
    this.teams = new Map([...this.teams, [team.name, team]]);
    return client;
  }

  private load(reading: Promise<ClientKey | undefined>): Promise<ClientKey | undefined> {
    return withDeadline(reading, this.options.waitMs).catch((error: unknown) => {
      throw new ClientKeysUnavailable('client keys cannot be checked at the moment', { cause: error });
    });
  }

  private remember(hash: string, client: ClientKey): void {
    this.known.set(hash, client);
    if (this.known.size <= this.maxKeys) return;
    const [oldest] = this.known.keys();
    if (oldest !== undefined) this.known.delete(oldest);
  }

  private rememberUnknown(hash: string): void {
    if (this.unknown.size >= MAX_UNKNOWN) this.unknown.clear();
    this.unknown.set(hash, this.now() + this.options.unknownMs);
  }

  private apply(message: string): void {
    const { version, hashes = [], teams } = readChange(message);
    if (version === undefined) return;
    for (const hash of hashes) {
      this.unknown.delete(hash);
      this.known.delete(hash);
      this.loading.delete(hash);
      this.meanwhile?.hashes.add(hash);
      this.fetch(hash).catch((error: unknown) => this.complain(error));
    }
    this.meanwhile?.versions.add(version);
    if (version === this.version + 1 && teams !== true) this.version = version;
    else this.reread().catch((error: unknown) => this.complain(error));
  }

  /** Behind in two looks, a message was lost; in one, it may be on its way. */
  private async check(): Promise<void> {
    const version = await this.store.version();
    const { ahead } = this;
    this.ahead = version === this.version ? undefined : version;
    if (this.ahead !== undefined && this.ahead === ahead) await this.reread();
    else this.complained = false;
  }

  private async reread(): Promise<void> {
    const meanwhile: Meanwhile = { hashes: new Set(), versions: new Set(), teams: new Map() };
    this.meanwhile = meanwhile;
    const { version, keys } = await this.store.all(this.maxKeys);
    const teams = await this.teamStore.all();
    // a later reading that has begun meanwhile knows more
    if (this.meanwhile !== meanwhile) return;
    this.meanwhile = undefined;
    const fresh = keys.filter(({ hash }) => !meanwhile.hashes.has(hash));
    this.known = new Map(fresh.map(({ hash, client }) => [hash, client]));
    this.teams = new Map([...meanwhile.teams, ...teams]);
    this.version = version;
    while (meanwhile.versions.has(this.version + 1)) this.version++;
    this.complained = false;
  }

  /** Once for each outage. */
  private complain(error: unknown): void {
    if (this.complained) return;
    this.complained = true;
    this.logger.warn({ reason: messageOf(error) }, 'client keys could not be read; serving those in memory');
  }
}

/** A message that cannot be read is as good as a lost one: the next look heals it. */
function readChange(message: string): Partial<ClientChange> {
  try {
    return JSON.parse(message) as ClientChange;
  } catch {
    return {};
  }
}

function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
