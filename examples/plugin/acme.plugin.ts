import type { Plugin } from '../../libs/plugins/src/index.ts';

/**
 * A vendor that Muxgate does not know, and headers that a company wants. Node.js runs TypeScript as it is, so this file
 * needs no build; a `.js` file does as well.
 */
export default {
  apiVersion: 1,
  name: 'acme',
  providerPresets: [
    {
      name: 'acme-llm',
      title: 'Acme LLM',
      protocol: 'openai-chat',
      baseUrl: 'https://llm.acme.example/v1',
      headers: { 'acme-api-version': '2026-11-01' },
      docs: 'https://acme.example/docs/llm',
    },
  ],
  oauthPresets: [
    {
      name: 'acme-sso',
      title: 'Acme single sign-on',
      docs: 'https://acme.example/docs/oauth',
      fields: {
        authorizationUrl: 'https://sso.acme.example/authorize',
        tokenUrl: 'https://sso.acme.example/token',
        clientId: 'muxgate',
        scopes: ['llm.invoke', 'offline_access'],
        hosts: ['llm.acme.example'],
      },
      quirks: {
        facts: { workspace: ['acme', 'workspace_id'] },
        upstreamHeaders: { 'acme-workspace': '{workspace}' },
      },
    },
  ],
  /** Whom Acme bills; and what it has no business to know. */
  requestHeaders: (headers, { provider, team }) =>
    provider === 'acme'
      ? {
          'acme-cost-centre': team ?? 'none',
          ...('x-internal-trace' in headers && { 'x-internal-trace': null }),
        }
      : undefined,
  /** Which model answered, under the name that the company's dashboards read. */
  responseHeaders: (_headers, { upstreamModel }) => ({ 'x-acme-model': upstreamModel }),
} satisfies Plugin;
