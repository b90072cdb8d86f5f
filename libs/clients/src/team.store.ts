import type { Cluster, Redis } from 'ioredis';
import type { Team } from './client-key.js';
import { announce, TEAMS } from './keys.js';

const PUT = `
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
${announce('{ teams = true }')}`;

const REMOVE = `
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
${announce('{ teams = true }')}
return 1`;

/** Teams in Redis, by name. */
export class TeamStore {
  constructor(private readonly redis: Redis | Cluster) {}

  async put(team: Team): Promise<void> {
    await this.redis.eval(PUT, 1, TEAMS, team.name, JSON.stringify(team));
  }

  async get(name: string): Promise<Team | undefined> {
    const text = await this.redis.hget(TEAMS, name);
    return text === null ? undefined : parse(text);
  }

  /** By name. */
  async all(): Promise<ReadonlyMap<string, Team>> {
    const teams = Object.values(await this.redis.hgetall(TEAMS)).map(parse);
    return new Map(teams.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((team) => [team.name, team]));
  }

  /** False if there is no such team. */
  async remove(name: string): Promise<boolean> {
    return (await this.redis.eval(REMOVE, 1, TEAMS, name)) === 1;
  }
}

function parse(text: string): Team {
  return JSON.parse(text) as Team;
}
