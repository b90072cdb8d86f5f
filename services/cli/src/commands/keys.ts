import { Command } from 'commander';
import { segment } from '../api.js';
import { action, collect, count, examples, pointInTime, span, type CommandParts } from '../command.js';
import { usageFailure } from '../failure.js';
import type { Output } from '../output/output.js';
import type { Tone } from '../output/text.js';
import { confirmed } from '../prompts.js';
import {
  accessFields,
  accessOf,
  mergedAccess,
  UNSETTABLE,
  withAccessOptions,
  withdrawn,
  type Access,
  type AccessOptions,
} from './access.js';

interface ClientKey extends Access {
  readonly id: string;
  readonly name: string;
  readonly team?: string;
  readonly owner?: string;
  readonly mayPin: boolean;
  readonly disabled?: boolean;
  readonly createdAt?: string;
  readonly expiresAt?: string;
  readonly rotatedAt?: string;
  readonly lastUsedAt?: string;
}

/** The answer that creates or rotates: the only one with the key. */
type CreatedKey = ClientKey & { readonly key: string };

interface KeyOptions extends AccessOptions {
  readonly name?: string;
  readonly team?: string;
  readonly owner?: string;
  readonly pin?: boolean;
  readonly expires?: string;
}

export function keysCommand(parts: CommandParts): Command {
  const keys = new Command('keys').description('Manage the keys that clients of the gateway use');
  keys
    .command('list')
    .description('List client keys, newest first')
    .option('--limit <n>', 'at most so many', count)
    .addHelpText(
      'after',
      examples(
        'muxgate keys list',
        'muxgate keys list --json | jq -r \'.items[] | select(.team == "ci") | .id\'',
      ),
    )
    .action(
      action<{ limit?: number }>(parts, async ({ api, out, io }, { limit }) => {
        const items = await api.list<ClientKey>('/api/keys', {}, limit);
        out.list(
          items,
          [
            { title: 'ID', value: (key) => key.id },
            { title: 'NAME', value: (key) => key.name },
            { title: 'TEAM', value: (key) => key.team },
            {
              title: 'STATE',
              value: (key) => stateOf(key, io.now()),
              tone: (key) => TONES[stateOf(key, io.now())],
            },
            { title: 'CREATED', value: (key) => out.time(key.createdAt) },
            { title: 'LAST USED', value: (key) => out.time(key.lastUsedAt) },
            { title: 'EXPIRES', value: (key) => out.time(key.expiresAt) },
          ],
          'There is no client key yet: muxgate keys create <name>',
        );
      }),
    );
  keys
    .command('get')
    .description('Show one client key; never the key itself')
    .argument('<id>', 'its id')
    .addHelpText('after', examples('muxgate keys get key_0mh2…'))
    .action(
      action(parts, async ({ api, out, io }, _options, id) => {
        const key = await api.get<ClientKey>(pathOf(id));
        out.fields(key, keyFields(key, out, io.now()));
      }),
    );
  withKeyOptions(keys.command('create'))
    .description('Create a client key and print it, this once')
    .argument('<name>', 'what it is called in lists and metrics')
    .addHelpText(
      'after',
      `\nThe key alone goes to stdout; all else to stderr.\n${examples('muxgate keys create ci --team platform --model "claude-*" --rpm 600', 'muxgate keys create alice --expires 90d --budget 50/month > alice.key')}`,
    )
    .action(
      action<KeyOptions>(parts, async ({ api, out, io }, options, name) => {
        const key = await api.send<CreatedKey>('POST', '/api/keys', {
          name,
          ...settingsOf(options, io.now()),
        });
        showOnce(out, key, 'Created');
      }),
    );
  withKeyOptions(keys.command('update'))
    .description('Change what is given, leave the rest as it is')
    .argument('<id>', 'its id')
    .option('--name <name>', 'another name')
    .option(
      '--unset <what>',
      'take away: labels, models, …, team, owner, expiresAt; may be repeated',
      collect,
    )
    .option('--no-pin', 'it may no longer choose the provider of a request')
    .addHelpText('after', examples('muxgate keys update key_0mh2… --rpm 1200 --expires 30d'))
    .action(
      action<KeyOptions & { unset?: string[] }>(parts, async ({ api, out, io }, options, id) => {
        const given = settingsOf(options, io.now());
        const gone = withdrawn(options.unset, [...UNSETTABLE, 'team', 'owner', 'expiresAt']);
        if (Object.keys({ ...given, ...gone }).length === 0)
          throw usageFailure('Nothing to change was given.');
        const changes = mergedAccess(await api.get<ClientKey>(pathOf(id)), given);
        const key = await api.send<ClientKey>('PATCH', pathOf(id), { ...changes, ...gone });
        out.fields(key, keyFields(key, out, io.now()));
      }),
    );
  keys
    .command('rotate')
    .description('Give a client a new key and print it; the old one works for a while')
    .argument('<id>', 'its id')
    .option('--overlap <span>', 'how long the old key still works, such as 24h', span)
    .addHelpText('after', examples('muxgate keys rotate key_0mh2… --overlap 24h > ci.key'))
    .action(
      action<{ overlap?: number }>(parts, async ({ api, out }, { overlap }, id) => {
        const body = overlap === undefined ? {} : { overlapSeconds: overlap };
        showOnce(out, await api.send<CreatedKey>('POST', `${pathOf(id)}/rotate`, body), 'Rotated');
      }),
    );
  for (const [name, disabled] of [
    ['disable', true],
    ['enable', false],
  ] as const) {
    keys
      .command(name)
      .description(disabled ? 'Refuse a key until it is enabled again' : 'Let a disabled key work again')
      .argument('<id>', 'its id')
      .addHelpText('after', examples(`muxgate keys ${name} key_0mh2…`))
      .action(
        action(parts, async ({ api, out, io }, _options, id) => {
          const key = await api.send<ClientKey>('PATCH', pathOf(id), { disabled });
          out.fields(key, keyFields(key, out, io.now()));
        }),
      );
  }
  keys
    .command('revoke')
    .description('Revoke a key for good, everywhere within a second')
    .argument('<id>', 'its id')
    .addHelpText('after', examples('muxgate keys revoke key_0mh2…', 'muxgate keys revoke key_0mh2… --yes'))
    .action(
      action(parts, async ({ api, out, io, options }, _options, id) => {
        await confirmed(io, options.yes, `Revoke ${id} for good? Whoever uses it is refused at once.`);
        await api.send('DELETE', pathOf(id));
        out.result({ id, revoked: true }, () => 'Revoked.');
      }),
    );
  return keys;
}

function withKeyOptions(command: Command): Command {
  return withAccessOptions(
    command
      .option('--team <team>', 'the team it belongs to')
      .option('--owner <who>', 'who answers for it')
      .option('--pin', 'it may choose the provider of a request by x-muxgate-provider')
      .option('--expires <when>', 'a span such as 90d, or a date'),
  );
}

/** As the REST API names them; what was not given is absent. */
function settingsOf({ name, team, owner, pin, expires, ...access }: KeyOptions, now: number) {
  return {
    ...(name === undefined ? {} : { name }),
    ...(team === undefined ? {} : { team }),
    ...(owner === undefined ? {} : { owner }),
    ...(pin === undefined ? {} : { mayPin: pin }),
    ...(expires === undefined ? {} : { expiresAt: pointInTime(expires, now, 'ahead') }),
    ...accessOf(access),
  };
}

function showOnce(out: Output, created: CreatedKey, what: string): void {
  out.result(created, () => created.key);
  if (out.json) return;
  out.say(`${out.aside('good', what)} ${created.name} (${created.id}). The key is shown this once.`);
}

function keyFields(key: ClientKey, out: Output, now: number): Array<[string, unknown, Tone?]> {
  const state = stateOf(key, now);
  return [
    ['id', key.id, 'strong'],
    ['name', key.name],
    ['state', state, TONES[state]],
    ['team', key.team],
    ['owner', key.owner],
    ['may pin', key.mayPin ? 'yes' : 'no'],
    ...accessFields(key),
    ['created', out.time(key.createdAt)],
    ['rotated', out.time(key.rotatedAt)],
    ['last used', out.time(key.lastUsedAt)],
    ['expires', out.time(key.expiresAt) || 'never'],
  ];
}

const TONES = { active: 'good', disabled: 'warn', expired: 'bad' } as const;

function stateOf({ disabled, expiresAt }: ClientKey, now: number): keyof typeof TONES {
  if (disabled === true) return 'disabled';
  return expiresAt !== undefined && Date.parse(expiresAt) <= now ? 'expired' : 'active';
}

function pathOf(id: string): string {
  return `/api/keys/${segment(id)}`;
}
