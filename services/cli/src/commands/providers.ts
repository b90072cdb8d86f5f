import { Command } from 'commander';
import { segment } from '../api.js';
import { action, examples, type CommandParts } from '../command.js';
import { EXIT } from '../failure.js';
import { restingModels, type Provider } from './provider-health.js';

interface OAuthProvider {
  readonly name: string;
  readonly grant: string;
  readonly issuer?: string;
  readonly tokenUrl?: string;
  readonly redirectUri?: string;
  readonly termsNotice?: string;
}

interface TestOutcome {
  readonly ok: boolean;
  readonly model?: string;
  readonly status?: number;
  readonly latencyMs?: number;
  /** what came back, in a sentence */
  readonly says: string;
  readonly error?: string;
}

export function providersCommand(parts: CommandParts): Command {
  const providers = new Command('providers').description('Look at upstream providers and try them');
  providers
    .command('list')
    .description('List configured providers with their health')
    .option('--oauth', 'list the OAuth providers instead: what muxgate login can connect')
    .addHelpText('after', examples('muxgate providers list', 'muxgate providers list --oauth --json'))
    .action(
      action<{ oauth?: boolean }>(parts, async ({ api, out }, { oauth }) => {
        if (oauth === true) {
          const items = await api.list<OAuthProvider>('/api/oauth/providers');
          out.list(
            items,
            [
              { title: 'NAME', value: (each) => each.name },
              { title: 'GRANT', value: (each) => each.grant },
              { title: 'SERVER', value: (each) => each.issuer ?? each.tokenUrl },
              { title: 'TERMS', value: (each) => each.termsNotice, tone: () => 'warn' },
            ],
            'No OAuth provider is configured.',
          );
          return;
        }
        const items = await api.list<Provider>('/api/providers');
        out.list(
          items,
          [
            { title: 'NAME', value: (each) => each.name },
            { title: 'PROTOCOL', value: (each) => each.protocol },
            { title: 'HEALTH', value: (each) => each.health, tone: (each) => TONES[each.health] },
            { title: 'RESTING', value: restingModels },
            { title: 'URL', value: (each) => each.baseUrl },
          ],
          'No provider is configured.',
        );
      }),
    );
  providers
    .command('test')
    .description('Send one small request to a provider, and say what it answers')
    .argument('<name>', 'a provider of the configuration')
    .option('--model <model>', 'upstream model (default: one that has a target there)')
    .addHelpText(
      'after',
      `\nIt costs a few tokens. Exit code 1 when the provider does not answer well.\n${examples('muxgate providers test anthropic')}`,
    )
    .action(
      action<{ model?: string }>(parts, async ({ api, out, exitWith }, { model }, name) => {
        const outcome = await api.send<TestOutcome>(
          'POST',
          `/api/providers/${segment(name)}/test`,
          model === undefined ? {} : { model },
        );
        out.fields(outcome, [
          ['provider', name, 'strong'],
          ['outcome', outcome.ok ? 'answers' : 'fails', outcome.ok ? 'good' : 'bad'],
          ['model', outcome.model],
          ['status', outcome.status],
          ['latency', outcome.latencyMs === undefined ? undefined : `${Math.round(outcome.latencyMs)} ms`],
          ['says', outcome.says],
          ['error', outcome.error, 'bad'],
        ]);
        if (!outcome.ok) exitWith(EXIT.refused);
      }),
    );
  providers
    .command('reset')
    .description('End the rests of the targets of a provider, in every gateway')
    .argument('<name>', 'a provider of the configuration')
    .addHelpText('after', examples('muxgate providers reset anthropic'))
    .action(
      action(parts, async ({ api, out }, _options, name) => {
        const answer = await api.send<{ ended: number }>(
          'DELETE',
          `/api/providers/${segment(name)}/cooldown`,
        );
        out.result(answer, () => (answer.ended === 1 ? '1 rest ended.' : `${answer.ended} rests ended.`));
      }),
    );
  return providers;
}

const TONES = { healthy: 'good', resting: 'warn', disabled: 'dim' } as const;
