import { GEN_AI_PROVIDER, PROVIDER, quantile, rate, type DashboardDescription } from './panels.ts';

export const usage: DashboardDescription = {
  uid: 'muxgate-usage',
  title: 'Muxgate / Tokens, cost and budgets',
  about: 'What is used, what it costs, and where limits and budgets bite.',
  rows: {
    'In the time range': [
      {
        title: 'Cost',
        about: 'Of attempts whose price is known.',
        queries: { '': `sum(increase(muxgate_cost_usd_total{${PROVIDER}}[$__range]))` },
        unit: 'currencyUSD',
        kind: 'stat',
      },
      {
        title: 'Tokens',
        about: 'Of all kinds, as providers counted them.',
        queries: { '': `sum(increase(muxgate_tokens_total{${PROVIDER}}[$__range]))` },
        unit: 'short',
        kind: 'stat',
      },
      {
        title: 'Requests refused by limits',
        about: 'By a key, a team or a model.',
        queries: { '': 'sum(increase(muxgate_rate_limited_total[$__range]))' },
        unit: 'short',
        kind: 'stat',
      },
      {
        title: 'Budgets that passed their threshold',
        about: 'Each counts once a period.',
        queries: { '': 'sum(increase(muxgate_budget_thresholds_total[$__range]))' },
        unit: 'short',
        kind: 'stat',
        bad: [1, 10],
      },
    ],
    'Over time': [
      {
        title: 'Tokens by type',
        about: 'Tokens a second; input excludes cached ones.',
        queries: { '{{type}}': `sum by (type) (${rate(`muxgate_tokens_total{${PROVIDER}}`)})` },
        unit: 'si:tok/s',
        stacked: true,
      },
      {
        title: 'Tokens by model',
        about: 'Tokens a second of every type.',
        queries: { '{{model}}': `sum by (model) (${rate(`muxgate_tokens_total{${PROVIDER}}`)})` },
        unit: 'si:tok/s',
        stacked: true,
      },
      {
        title: 'Tokens by team',
        about: 'Tokens a second; keys without a team are none.',
        queries: { '{{team}}': `sum by (team) (${rate(`muxgate_tokens_total{${PROVIDER}}`)})` },
        unit: 'si:tok/s',
        stacked: true,
      },
      {
        title: 'Cost an hour by team',
        about: 'At the rate of the moment.',
        queries: { '{{team}}': `3600 * sum by (team) (${rate(`muxgate_cost_usd_total{${PROVIDER}}`)})` },
        unit: 'currencyUSD',
        stacked: true,
      },
      {
        title: 'Cost an hour by model and provider',
        about: 'At the rate of the moment.',
        queries: {
          '{{model}} at {{provider}}': `3600 * sum by (model, provider) (${rate(`muxgate_cost_usd_total{${PROVIDER}}`)})`,
        },
        unit: 'currencyUSD',
        stacked: true,
      },
      {
        title: 'Share of input read from caches',
        about: 'Cached tokens are cheaper: a fall of this share costs money.',
        queries: {
          'cache reads': `sum(${rate(`muxgate_tokens_total{type="cache_read", ${PROVIDER}}`)}) / sum(${rate(`muxgate_tokens_total{type=~"input|cache_read|cache_creation", ${PROVIDER}}`)})`,
        },
        unit: 'percentunit',
        max: 1,
      },
      {
        title: 'Tokens of a request',
        about: 'Median and p95, input and output.',
        queries: {
          'p50 {{gen_ai_token_type}}': quantile(
            0.5,
            'gen_ai_client_token_usage',
            GEN_AI_PROVIDER,
            'gen_ai_token_type',
          ),
          'p95 {{gen_ai_token_type}}': quantile(
            0.95,
            'gen_ai_client_token_usage',
            GEN_AI_PROVIDER,
            'gen_ai_token_type',
          ),
        },
        unit: 'short',
      },
      {
        title: 'Refused by limits and budgets',
        about: 'By whose it was. Budgets are the part that ends at the next period only.',
        queries: {
          'all, {{scope}}': `sum by (scope) (${rate('muxgate_rate_limited_total')})`,
          'budget, {{scope}}': `sum by (scope) (${rate('muxgate_budget_refusals_total')})`,
        },
        unit: 'reqps',
      },
      {
        title: 'Usage that Redis does not have yet',
        about: 'Batches in the spools of gateways. More than a few for long: Redis is away or slow.',
        queries: { '{{instance}}': 'muxgate_usage_waiting_batches' },
        unit: 'short',
      },
    ],
  },
};
