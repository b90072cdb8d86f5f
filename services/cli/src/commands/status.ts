import { Command } from 'commander';
import { action, examples, type CommandParts } from '../command.js';
import { rootCause } from '../api.js';
import { EXIT, interrupted } from '../failure.js';
import type { Io } from '../io.js';
import { renderFields, renderTable } from '../output/table.js';
import { restingModels, type Provider } from './provider-health.js';
import { statusTone, type Token } from './tokens.js';

interface Status {
  readonly auth: { readonly url: string; readonly reachable: true };
  /** absent where its URL is not known */
  readonly gateway?: { readonly url: string; readonly reachable: boolean; readonly error?: string };
  readonly credentials: { readonly total: number; readonly byStatus: Readonly<Record<string, number>> };
  readonly attention: ReadonlyArray<{
    readonly what: string;
    readonly name: string;
    readonly state: string;
    readonly why: string;
  }>;
}

const GATEWAY_PATIENCE_MS = 5_000;
const WELL = new Set(['active', 'refreshing']);

export function statusCommand(parts: CommandParts): Command {
  return new Command('status')
    .description('Say whether all is well, and what needs somebody')
    .addHelpText(
      'after',
      `\nExit code 1 when something needs somebody: a credential that is not fresh, a provider that rests, a gateway\nthat does not answer.\n${examples('muxgate status', 'muxgate status --json | jq .attention', 'muxgate status > /dev/null || page-somebody')}`,
    )
    .action(
      action(parts, async ({ api, out, io, settings, exitWith }) => {
        const { url, gatewayUrl } = await settings();
        const [tokens, providers, gateway] = await Promise.all([
          api.list<Token>('/api/oauth/tokens'),
          api.list<Provider>('/api/providers'),
          gatewayUrl === undefined ? undefined : gatewayStatus(gatewayUrl, io),
        ]);
        const status: Status = {
          auth: { url, reachable: true },
          ...(gateway === undefined ? {} : { gateway }),
          credentials: { total: tokens.length, byStatus: countByStatus(tokens) },
          attention: [
            ...(gateway && !gateway.reachable
              ? [{ what: 'gateway', name: gateway.url, state: 'unreachable', why: gateway.error ?? '' }]
              : []),
            ...tokens.filter(({ status: each }) => !WELL.has(each)).map(whatAils),
            ...providers.filter(({ health }) => health === 'resting').map(whatRests),
          ],
        };
        out.result(status, () => {
          const { byStatus, total } = status.credentials;
          const counts = Object.entries(byStatus).map(([name, count]) => `${count} ${name}`);
          const summary = renderFields(
            [
              ['auth', `${url} answers`, 'good'],
              [
                'gateway',
                gateway
                  ? `${gateway.url} ${gateway.reachable ? 'answers' : 'does not answer'}`
                  : 'not asked: give --gateway-url',
                gateway === undefined ? 'dim' : gateway.reachable ? 'good' : 'bad',
              ],
              ['credentials', total === 0 ? 'none connected' : counts.join(', ')],
              ['providers', providers.length],
            ],
            out.paint,
          );
          if (status.attention.length === 0) return `${summary}\n\n${out.paint('good', 'All is well.')}`;
          const attention = renderTable(
            status.attention,
            [
              { title: 'NEEDS SOMEBODY', value: (each) => `${each.what} ${each.name}` },
              {
                title: 'STATE',
                value: (each) => each.state,
                tone: (each) => (each.what === 'credential' ? statusTone(each.state) : 'bad'),
              },
              { title: 'WHY', value: (each) => each.why },
            ],
            out.style,
          );
          return `${summary}\n\n${attention}`;
        });
        if (status.attention.length > 0) exitWith(EXIT.refused);
      }),
    );
}

async function gatewayStatus(url: string, io: Io): Promise<NonNullable<Status['gateway']>> {
  try {
    const response = await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.any([io.signal, AbortSignal.timeout(GATEWAY_PATIENCE_MS)]),
    });
    return response.ok
      ? { url, reachable: true }
      : { url, reachable: false, error: `it answers ${response.status}` };
  } catch (error) {
    if (io.signal.aborted) throw interrupted();
    const { code, message } = rootCause(error);
    return { url, reachable: false, error: code ?? message };
  }
}

function countByStatus(tokens: readonly Token[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of tokens) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function whatAils({ credential, status, provider, lastError }: Token): Status['attention'][number] {
  const remedy =
    status === 'reauthorization_required' ? `muxgate login ${provider} --credential ${credential}` : '';
  return {
    what: 'credential',
    name: credential,
    state: status,
    why: [lastError?.message, remedy].filter(Boolean).join(' '),
  };
}

function whatRests(provider: Provider): Status['attention'][number] {
  return { what: 'provider', name: provider.name, state: 'resting', why: restingModels(provider) };
}
