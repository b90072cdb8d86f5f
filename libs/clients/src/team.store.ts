import type { Cluster, Redis } from 'ioredis';
import type { Team } from './client-key.js';
import { announce, TEAMS } from './keys.js';

const PUT = `
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
${announce('{ teams = true }')}`;

/** ARGV name, what was read, what takes its place. Answers 0 if it is another meanwhile, or gone. */
const REPLACE = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
${announce('{ teams = true }')}
return 1`;

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

  /** From what is there when it is written: of two that change it at once, none is lost. Undefined if there is no such team. */
  async update(name: string, change: (team: Team) => Team): Promise<Team | undefined> {
    for (;;) {
      const before = await this.redis.hget(TEAMS, name);
      if (before === null) return undefined;
      const team = change(parse(before));
      if ((await this.redis.eval(REPLACE, 1, TEAMS, name, before, JSON.stringify(team))) === 1) return team;
    }
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
