import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import { expect } from 'vitest';
import { sandboxProvider } from '../support/sandbox-provider.ts';
import { startStack, type RunningStack } from '../support/processes.js';

/** Where the vendor's "paste" client sends the browser: nobody listens there, the person copies the address. */
export const NOWHERE = 'http://127.0.0.1:1455/auth/callback';

const provider = (name: string, protocol: string, path = ''): string =>
  `  - { name: ${name}, protocol: ${protocol}, baseUrl: '\${MUXGATE_SANDBOX_URL}${path}', auth: { type: oauth, credential: sandbox }, allowPrivateNetwork: true }\n`;

/** A configuration with single sign-on, each kind of connection and two targets; and more, as lines of its lists. */
export const consoleConfig = (
  more: Partial<Record<'oauthProviders' | 'providers' | 'models', string>> = {},
) => `version: 1
console:
  sso:
    issuer: '\${MUXGATE_SANDBOX_URL}'
    clientId: muxgate
    label: Acme
    scopes: [openid, email, groups]
    rolesClaim: groups
    roles: { admin: [muxgate-admins] }
    allowPrivateNetwork: true
oauthProviders:
${sandboxProvider()}${sandboxProvider('pasted', { redirectUri: NOWHERE })}${sandboxProvider('television', { grant: 'device_code' })}${more.oauthProviders ?? ''}providers:
${provider('first', 'anthropic-messages')}${provider('second', 'openai-chat', '/v1')}${more.providers ?? ''}models:
  - name: claude-sandbox
    targets:
      - { provider: first, model: claude-sandbox-1, priority: 1 }
      - { provider: second, model: gpt-sandbox-1, priority: 2 }
    pricing: { input: 3, output: 15 }
${more.models ?? ''}router:
  default: claude-sandbox
`;

export interface ConsoleWorld {
  readonly stack: RunningStack;
  readonly browser: Browser;
  /** The console's own address, without a slash at its end. */
  readonly url: string;
  /** A browser of its own, with its own cookies, whose complaints are collected. */
  visitor(options?: BrowserContextOptions): Promise<Visitor>;
  stop(): Promise<void>;
}

export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What pages threw, and what their policy refused. */
  readonly complaints: string[];
  /** Goes to a view of the console. */
  go(view: string): Promise<void>;
  /** The same, until every part of it is there. */
  open(view: string, heading: string): Promise<void>;
  /** Signs in as an operator with a token would. */
  signIn(token?: string): Promise<void>;
}

/** The whole of Muxgate as processes, and a real Chromium that looks at its console. */
export async function startConsole(
  executablePath: string,
  options: Parameters<typeof startStack>[0] = {},
): Promise<ConsoleWorld> {
  const stack = await startStack({ config: consoleConfig(), tokenSeconds: 600, ...options });
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  const url = `${stack.auth.url}/console`;
  return {
    stack,
    browser,
    url,
    visitor: async (wishes) => visit(await browser.newContext(wishes), url, stack.adminToken),
    stop: async () => {
      await browser.close();
      await stack.stop();
    },
  };
}

async function visit(context: BrowserContext, url: string, adminToken: string): Promise<Visitor> {
  context.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
      complaints.push(message.text());
  });
  const page = await context.newPage();
  const go = async (view: string): Promise<void> => {
    await page.goto(`${url}${view}`);
  };
  return {
    context,
    page,
    complaints,
    go,
    open: async (view, heading) => {
      await go(view);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await expect
        .poll(() => page.getByRole('status', { name: 'Loading' }).count(), { timeout: 20_000 })
        .toBe(0);
    },
    signIn: async (token = adminToken) => {
      await go('/');
      await page.getByRole('textbox', { name: 'Admin token' }).fill(token);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
    },
  };
}
