import { Command } from 'commander';
import { segment } from '../api.js';
import { action, collect, examples, type CommandParts } from '../command.js';
import { usageFailure } from '../failure.js';
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
import { budgetText, limitsText } from './limits.js';

type Team = Access & { readonly name: string };

export function teamsCommand(parts: CommandParts): Command {
  const teams = new Command('teams').description(
    'Manage what the keys of a team may do, and what they share',
  );
  teams
    .command('list')
    .description('List teams')
    .addHelpText('after', examples('muxgate teams list'))
    .action(
      action(parts, async ({ api, out }) => {
        const items = await api.list<Team>('/api/teams');
        out.list(
          items,
          [
            { title: 'NAME', value: (team) => team.name },
            { title: 'MODELS', value: (team) => team.models?.join(' ') },
            { title: 'LIMITS', value: (team) => limitsText(team.limits) },
            { title: 'BUDGET', value: (team) => budgetText(team.budget) },
            { title: 'DECLARED IN', value: (team) => team.source },
          ],
          'There is no team yet: muxgate teams create <name>',
        );
      }),
    );
  teams
    .command('get')
    .description('Show one team')
    .argument('<name>')
    .addHelpText('after', examples('muxgate teams get platform'))
    .action(
      action(parts, async ({ api, out }, _options, name) => {
        const team = await api.get<Team>(pathOf(name));
        out.fields(team, teamFields(team));
      }),
    );
  withAccessOptions(teams.command('create'))
    .description('Create a team, or replace it')
    .argument('<name>')
    .addHelpText(
      'after',
      examples('muxgate teams create platform --model "claude-*" --rpm 6000 --budget 500/month'),
    )
    .action(
      action<AccessOptions>(parts, async ({ api, out }, options, name) => {
        const team = await api.send<Team>('PUT', pathOf(name), accessOf(options));
        out.fields(team, teamFields(team));
      }),
    );
  withAccessOptions(teams.command('update'))
    .description('Change what is given, leave the rest as it is')
    .argument('<name>')
    .option('--unset <what>', `take away: ${UNSETTABLE.join(', ')}; may be repeated`, collect)
    .addHelpText('after', examples('muxgate teams update platform --budget 800/month --unset models'))
    .action(
      action<AccessOptions & { unset?: string[] }>(parts, async ({ api, out }, options, name) => {
        const given = accessOf(options);
        const gone = withdrawn(options.unset, UNSETTABLE);
        if (Object.keys({ ...given, ...gone }).length === 0)
          throw usageFailure('Nothing to change was given.');
        const changes = mergedAccess(await api.get<Team>(pathOf(name)), given);
        const team = await api.send<Team>('PATCH', pathOf(name), { ...changes, ...gone });
        out.fields(team, teamFields(team));
      }),
    );
  teams
    .command('delete')
    .description('Forget a team; its keys stay, without what it has settled')
    .argument('<name>')
    .addHelpText('after', examples('muxgate teams delete platform --yes'))
    .action(
      action(parts, async ({ api, out, io, options }, _options, name) => {
        await confirmed(io, options.yes, `Forget the team "${name}"? Its limits and budget end.`);
        await api.send('DELETE', pathOf(name));
        out.result({ name, deleted: true }, () => 'Forgotten.');
      }),
    );
  return teams;
}

function teamFields(team: Team): Array<[string, unknown, Tone?]> {
  return [['name', team.name, 'strong'], ...accessFields(team)];
}

function pathOf(name: string): string {
  return `/api/teams/${segment(name)}`;
}
