import { Command } from 'commander';
import { segment } from '../api.js';
import { action, examples, type CommandParts } from '../command.js';
import type { Output } from '../output/output.js';
import type { Tone } from '../output/text.js';
import { confirmed } from '../prompts.js';

/** A connected credential, as the API shows it. */
export interface Token {
  readonly credential: string;
  readonly provider: string;
  readonly status: string;
  readonly generation: number;
  readonly scopes: readonly string[];
  readonly account?: string;
  readonly obtainedAt: string;
  readonly expiresAt: string;
  readonly refreshAt: string;
  readonly lastRefreshAt?: string;
  readonly lastError?: { readonly code: string; readonly message: string; readonly at: string };
}

export function tokensCommand(parts: CommandParts): Command {
  const tokens = new Command('tokens').description(
    'Look at connected credentials and refresh or forget them',
  );
  tokens
    .command('list')
    .description('List connected credentials')
    .addHelpText(
      'after',
      examples('muxgate tokens list', "muxgate tokens list --json | jq -r '.items[].credential'"),
    )
    .action(
      action(parts, async ({ api, out }) => {
        const items = await api.list<Token>('/api/oauth/tokens');
        out.list(
          items,
          [
            { title: 'CREDENTIAL', value: (token) => token.credential },
            { title: 'PROVIDER', value: (token) => token.provider },
            { title: 'STATUS', value: (token) => token.status, tone: (token) => statusTone(token.status) },
            { title: 'GEN', value: (token) => token.generation, align: 'right' },
            { title: 'EXPIRES', value: (token) => out.time(token.expiresAt) },
            { title: 'REFRESH', value: (token) => out.time(token.refreshAt) },
            { title: 'ACCOUNT', value: (token) => token.account },
            { title: 'LAST ERROR', value: (token) => token.lastError?.code, tone: () => 'bad' },
          ],
          'No credential is connected yet: muxgate login <provider>',
        );
      }),
    );
  tokens
    .command('get')
    .description('Show one connected credential; never its tokens')
    .argument('<credential>', 'its id')
    .addHelpText('after', examples('muxgate tokens get anthropic-max', 'muxgate tokens get alice --json'))
    .action(
      action(parts, async ({ api, out }, _options, credential) => {
        const token = await api.get<Token>(pathOf(credential));
        out.fields(token, tokenFields(token, out));
      }),
    );
  tokens
    .command('refresh')
    .description('Refresh a credential now, through the worker')
    .argument('<credential>', 'its id')
    .addHelpText('after', examples('muxgate tokens refresh anthropic-max'))
    .action(
      action(parts, async ({ api, out }, _options, credential) => {
        const token = await api.send<Token>('POST', `${pathOf(credential)}/refresh`);
        out.fields(token, tokenFields(token, out));
      }),
    );
  tokens
    .command('forget')
    .description('Forget a credential, and revoke it at the provider where that is possible')
    .argument('<credential>', 'its id')
    .addHelpText('after', examples('muxgate tokens forget alice', 'muxgate tokens forget alice --yes --json'))
    .action(
      action(parts, async ({ api, out, io, options }, _options, credential) => {
        await confirmed(io, options.yes, `Forget "${credential}"? Requests that need it will fail.`);
        const answer = await api.send<{ revoked: boolean | 'unsupported' }>('DELETE', pathOf(credential));
        out.result(answer, () => `Forgotten. ${REVOKED[String(answer.revoked)] ?? ''}`.trim());
      }),
    );
  return tokens;
}

const REVOKED: Readonly<Record<string, string>> = {
  true: 'The provider has revoked it as well.',
  false: 'The provider did not revoke it: do so in your account there.',
  unsupported: 'The provider has no way to revoke it: it ends by itself, or in your account there.',
};

export function tokenFields(token: Token, out: Output): Array<[string, unknown, Tone?]> {
  const { lastError } = token;
  return [
    ['credential', token.credential, 'strong'],
    ['provider', token.provider],
    ['status', token.status, statusTone(token.status)],
    ['account', token.account],
    ['scopes', token.scopes.join(' ')],
    ['generation', token.generation],
    ['obtained', out.time(token.obtainedAt)],
    ['expires', out.time(token.expiresAt)],
    ['refresh', out.time(token.refreshAt)],
    ['last refresh', out.time(token.lastRefreshAt)],
    ['last error', lastError && `${lastError.code}, ${out.time(lastError.at)}: ${lastError.message}`, 'bad'],
  ];
}

export function statusTone(status: string): Tone {
  if (status === 'active' || status === 'refreshing') return 'good';
  return status === 'refresh_failing' ? 'warn' : 'bad';
}

function pathOf(credential: string): string {
  return `/api/oauth/tokens/${segment(credential)}`;
}
