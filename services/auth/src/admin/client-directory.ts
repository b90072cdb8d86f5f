import {
  declaredKey,
  withTeam,
  type Client,
  type ClientKey,
  type ClientKeyStore,
  type Team,
  type TeamStore,
} from '@muxgate/clients';
import type { ConfigSource } from '@muxgate/config';
import type { Page } from '../http/paging.js';
import { ClientKeyNotFound, DeclaredInFile, TeamNotFound } from './admin.errors.js';

export type Source = 'file' | 'api';
/** With where it is declared: what the configuration file declares cannot be changed here. */
export type Sourced<T> = T & { readonly source: Source };

/** Client keys and teams of both sources; the configuration file wins. */
export class ClientDirectory {
  constructor(
    private readonly config: ConfigSource,
    readonly keys: ClientKeyStore,
    readonly teams: TeamStore,
  ) {}

  /** Those of the file first, then the others, newest first. */
  async list({ cursor, limit }: { cursor?: string; limit: number }): Promise<Page<Sourced<ClientKey>>> {
    const declared = this.declaredKeys();
    const at = cursor === undefined ? 0 : declared.findIndex(({ id }) => id === cursor) + 1;
    const inFile = cursor === undefined || at > 0;
    const first = inFile ? declared.slice(at, at + limit) : [];
    const last = first.at(-1);
    if (inFile && at + limit < declared.length && last) return { items: first, nextCursor: last.id };
    if (last !== undefined && first.length === limit) {
      const { items } = await this.keys.list({ limit: 1 });
      return items.length === 0 ? { items: first } : { items: first, nextCursor: last.id };
    }
    const page = await this.keys.list({
      limit: limit - first.length,
      ...(cursor === undefined || inFile ? {} : { cursor }),
    });
    return { ...page, items: [...first, ...page.items.map(fromApi)] };
  }

  /** @throws ClientKeyNotFound */
  async key(id: string): Promise<Sourced<ClientKey>> {
    const declared = this.declaredKeys().find((key) => key.id === id);
    if (declared !== undefined) return declared;
    const client = await this.keys.get(id);
    if (client === undefined) throw keyUnknown();
    return fromApi(client);
  }

  /** As the gateway sees it. @throws ClientKeyNotFound */
  async client(id: string): Promise<Client> {
    const { source: _source, ...client } = await this.key(id);
    return withTeam(client, client.team === undefined ? undefined : await this.findTeam(client.team));
  }

  async allTeams(): Promise<Array<Sourced<Team>>> {
    const declared = this.config.current().clients.teams;
    const others = [...(await this.teams.all()).values()].filter(({ name }) => !declared.has(name));
    return [
      ...[...declared.values()].map((team) => ({ ...team, source: 'file' as const })),
      ...others.map(fromApi),
    ];
  }

  /** @throws TeamNotFound */
  async team(name: string): Promise<Sourced<Team>> {
    const team = await this.findTeam(name);
    if (team === undefined) throw teamUnknown();
    return team;
  }

  private async findTeam(name: string): Promise<Sourced<Team> | undefined> {
    const declared = this.config.current().clients.teams.get(name);
    if (declared !== undefined) return { ...declared, source: 'file' };
    const team = await this.teams.get(name);
    return team && fromApi(team);
  }

  private declaredKeys(): Array<Sourced<ClientKey>> {
    const { keys } = this.config.current().clients;
    return [...keys.values()].map((key) => ({ ...declaredKey(key), source: 'file' }));
  }
}

/** @throws DeclaredInFile */
export function assertChangeable({ source, name }: Sourced<{ readonly name: string }>): void {
  if (source === 'file')
    throw new DeclaredInFile(`The configuration file declares ${JSON.stringify(name)}: change it there.`);
}

export function keyUnknown(): Error {
  return new ClientKeyNotFound('There is no client key with this id.');
}

export function teamUnknown(): Error {
  return new TeamNotFound('There is no team with this name.');
}

function fromApi<T extends object>(item: T): Sourced<T> {
  return { ...item, source: 'api' };
}
