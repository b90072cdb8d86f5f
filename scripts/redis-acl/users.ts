/** What each service may do in Redis; the one description that ACL files are made from (docs/operations/install.md). */
export interface RedisUser {
  readonly name: string;
  /** Patterns of keys that it reads and no more, which Redis 7 knows. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly channels: readonly string[];
  readonly commands: readonly string[];
}

const EVENTS = 'muxgate:events:*';
/** BullMQ's queues, which hold no secrets. */
const QUEUES = ['{muxgate}:*', '{muxgate-events}:*'];

/** Data, scripts and pub/sub; nothing that administers a server or looks over all keys. */
const COMMANDS = [
  '-@all',
  '+@connection',
  '+@read',
  '+@write',
  '+@pubsub',
  '+@transaction',
  '-@dangerous',
  '-@admin',
  '+eval',
  '+evalsha',
  '+script|load',
  '+script|exists',
  '+time',
  '+info',
  '+cluster|slots',
  '+cluster|shards',
];

export const USERS: readonly RedisUser[] = [
  {
    name: 'muxgate-gateway',
    reads: [
      'muxgate:{c:*}:access', // never :refresh
      'muxgate:{k:*}:key',
      'muxgate:credentials',
      'muxgate:stored-keys',
      'muxgate:key-canaries',
      'muxgate:{clients}:*',
      'muxgate:{config}:*',
    ],
    writes: [
      'muxgate:{clients}:hash-secret', // the first to start makes it
      'muxgate:{clients}:last-used',
      'muxgate:{config}:replicas',
      'muxgate:cooldowns',
      'muxgate:{limits}*',
      'muxgate:{usage}:*',
      '{muxgate}:refresh:*',
      '{muxgate-events}:events:*',
    ],
    channels: [EVENTS],
    commands: COMMANDS,
  },
  {
    name: 'muxgate-auth',
    reads: [],
    writes: ['muxgate:*', ...QUEUES],
    channels: [EVENTS],
    commands: COMMANDS,
  },
  {
    // no sessions, no sign-ins
    name: 'muxgate-worker',
    reads: ['muxgate:{config}:*', 'muxgate:{limits}*'],
    writes: [
      'muxgate:{c:*',
      'muxgate:{k:*',
      'muxgate:{i:*',
      'muxgate:credentials',
      'muxgate:stored-keys',
      'muxgate:due',
      'muxgate:invitations',
      'muxgate:key-canaries',
      'muxgate:key-ages',
      'muxgate:rewrap',
      'muxgate:lane:*',
      'muxgate:import-key',
      'muxgate:oauth:*',
      'muxgate:{device-polls}:*',
      'muxgate:cooldowns',
      'muxgate:providers:down',
      'muxgate:{clients}:*',
      'muxgate:{config}:replicas',
      'muxgate:{usage}:*',
      'muxgate:{audit}:*',
      ...QUEUES,
    ],
    channels: [EVENTS],
    commands: COMMANDS,
  },
  {
    // for people: back-ups, repair, redis-cli
    name: 'muxgate-operator',
    reads: [],
    writes: ['*'],
    channels: ['*'],
    commands: ['+@all'],
  },
];
