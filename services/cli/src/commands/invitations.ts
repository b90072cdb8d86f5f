import { Command } from 'commander';
import { segment } from '../api.js';
import { action, examples, span, type CommandParts } from '../command.js';
import { confirmed } from '../prompts.js';

interface Invitation {
  readonly id: string;
  readonly provider: string;
  readonly credential: string;
  readonly status: 'open' | 'used' | 'expired';
  readonly invitedBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly usedAt?: string;
}

export function invitationsCommand(parts: CommandParts): Command {
  const invitations = new Command('invitations').description(
    'Hand out links by which people connect their own upstream account',
  );
  invitations
    .command('create')
    .description('Create a link that works once, for one credential, and print it')
    .argument('<provider>', 'OAuth provider')
    .argument('<credential>', 'id that the account will be stored under, such as claude-alice')
    .option('--expires <span>', 'how long the link works, such as 24h (default: 3d)', span)
    .addHelpText(
      'after',
      `\nThe link alone goes to stdout; whoever has it can connect this one credential.\n${examples('muxgate invitations create anthropic-max claude-alice --expires 24h')}`,
    )
    .action(
      action<{ expires?: number }>(parts, async ({ api, out }, { expires }, provider, credential) => {
        const created = await api.send<Invitation & { url: string }>('POST', '/api/oauth/invitations', {
          provider,
          credential,
          ...(expires === undefined ? {} : { expiresInSeconds: expires }),
        });
        out.result(created, () => created.url);
        if (!out.json) out.say(`It works once, and ends ${out.until(created.expiresAt)}.`);
      }),
    );
  invitations
    .command('list')
    .description('List invitations, without the links')
    .addHelpText('after', examples('muxgate invitations list'))
    .action(
      action(parts, async ({ api, out }) => {
        const items = await api.list<Invitation>('/api/oauth/invitations');
        out.list(
          items,
          [
            { title: 'ID', value: (each) => each.id },
            { title: 'PROVIDER', value: (each) => each.provider },
            { title: 'CREDENTIAL', value: (each) => each.credential },
            { title: 'STATUS', value: (each) => each.status },
            { title: 'BY', value: (each) => each.invitedBy },
            { title: 'EXPIRES', value: (each) => out.time(each.expiresAt) },
          ],
          'There is no invitation.',
        );
      }),
    );
  invitations
    .command('revoke')
    .description('Take an invitation back')
    .argument('<id>', 'its id')
    .addHelpText('after', examples('muxgate invitations revoke inv_0mh2… --yes'))
    .action(
      action(parts, async ({ api, out, io, options }, _options, id) => {
        await confirmed(io, options.yes, `Take the invitation ${id} back?`);
        await api.send('DELETE', `/api/oauth/invitations/${segment(id)}`);
        out.result({ id, revoked: true }, () => 'Taken back.');
      }),
    );
  return invitations;
}
