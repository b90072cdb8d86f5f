import { parse, stringify } from 'yaml';

/** A port that nothing listens on: IANA reserves it for a multiplexer that nobody runs. */
const NOBODY = 'http://127.0.0.1:1';

/** A credential that nobody connects. */
const MISSING = 'load-missing';

interface Document {
  readonly providers: readonly object[];
  readonly models: readonly object[];
  readonly webhooks?: readonly object[];
  readonly router?: object;
}

/**
 * The configuration in force with what the load needs beside it: one provider for each kind of trouble, so that
 * healthy traffic stays healthy, the models that lead to them, and a webhook.
 */
export function withLoad(text: string, sandboxUrl: string, webhookUrl: string): string {
  const document = parse(text) as Document;
  const provider = (name: string, { baseUrl = sandboxUrl, credential = 'sandbox' } = {}) => ({
    name,
    protocol: 'anthropic-messages',
    baseUrl,
    auth: { type: 'oauth', credential },
    allowPrivateNetwork: true,
  });
  const model = (name: string, providers: readonly string[], further: object = {}) => ({
    name,
    targets: providers.map((of, index) => ({
      provider: of,
      model: providers.indexOf(of) === index ? 'claude-sandbox-1' : 'claude-sandbox-mini-1',
      priority: index + 1,
    })),
    pricing: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
    ...further,
  });
  return stringify({
    ...document,
    providers: [
      ...document.providers,
      provider('load-failing'),
      provider('load-breaking'),
      provider('load-refusing'),
      provider('load-gone', { baseUrl: NOBODY }),
      provider('load-unconnected', { credential: MISSING }),
    ],
    models: [
      ...document.models,
      model('load-failover', ['load-failing', 'sandbox-anthropic']),
      model('load-failing', ['load-failing', 'load-failing']),
      model('load-breaking', ['load-breaking']),
      model('load-refusing', ['load-refusing']),
      model('load-gone', ['load-gone']),
      model('load-unconnected', ['load-unconnected']),
      model('load-limited', ['sandbox-anthropic'], { limits: { requestsPerMinute: 1 } }),
    ],
    webhooks: [
      ...(document.webhooks ?? []),
      { name: 'load', url: webhookUrl, format: 'slack', allowPrivateNetwork: true },
    ],
    router: { ...document.router, think: 'claude-sandbox' },
  });
}
