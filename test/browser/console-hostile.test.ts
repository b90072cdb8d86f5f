import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, NO_CHROMIUM } from '../../scripts/checks/chromium.ts';
import { json, startUpstream, type FakeUpstream } from '../contract/gateway.support.ts';
import { callGateway } from '../support/calls.ts';
import { eventually } from '../support/wait.ts';
import { consoleConfig, startConsole, type ConsoleWorld, type Visitor } from './console.support.ts';
import { VIEWS } from './views.ts';

const executablePath = chromiumPath();
const PAYLOAD = `"><img src=x onerror=globalThis.ran=1><a href="javascript:globalThis.ran=1">`;
/** The same where blanks are not allowed. */
const MODEL = PAYLOAD.replaceAll(' ', '/');

/** A vendor whose every word is an attack. */
function hostileVendor(): Promise<FakeUpstream> {
  const claims = Buffer.from(JSON.stringify({ email: PAYLOAD })).toString('base64url');
  const answers: Readonly<Record<string, FakeUpstream['answer']>> = {
    '/device': json(200, {
      device_code: 'd',
      user_code: PAYLOAD,
      verification_uri: 'https://id.example/',
      expires_in: 600,
      interval: 1,
    }),
    '/token': json(200, {
      access_token: 'a-token',
      refresh_token: 'r-token',
      token_type: 'bearer',
      expires_in: 3600,
      scope: MODEL,
      id_token: `e30.${claims}.e30`,
    }),
  };
  const refusal = json(400, { type: 'error', error: { type: PAYLOAD, message: PAYLOAD } });
  return startUpstream((request, response) => (answers[request.url] ?? refusal)(request, response));
}

const hostileConfig = (vendor: string): string =>
  `# ${PAYLOAD}\n` +
  consoleConfig({
    oauthProviders: `  - name: hostile
    grant: device_code
    tokenUrl: ${vendor}/token
    deviceAuthorizationUrl: ${vendor}/device
    clientId: muxgate
    clientAuthentication: none
    allowPrivateNetwork: true
`,
    providers: `  - { name: hostile, protocol: anthropic-messages, baseUrl: '${vendor}/${encodeURIComponent(PAYLOAD)}', auth: { type: oauth, credential: hostile }, allowPrivateNetwork: true }
`,
    models: `  - name: '${MODEL}'
    targets: [{ provider: hostile, model: '${MODEL}' }]
`,
  }).replace('label: Acme', `label: '${PAYLOAD}'`);

/** Views in which the attack is read, as the text that it is. */
const READ = [
  ['/credentials', 'Credentials'],
  ['/credentials/oauth/hostile', 'hostile'],
  ['/routing/models', 'Models & routing'],
  ['/config', 'Configuration'],
  ['/config/history', 'Configuration'],
  ['/config/history/2', 'Revision 2'],
  ['/try', 'Try it'],
  ['/keys', 'Keys & teams'],
  ['/usage?groupBy=key', 'Usage & cost'],
  ['/requests', 'Requests'],
  ['/audit', 'Audit'],
  ['/settings', 'Settings'],
] as const;

describe.skipIf(executablePath === undefined)(
  `whatever others write is text${executablePath === undefined ? ` (skipped: ${NO_CHROMIUM})` : ''}`,
  () => {
    let vendor: FakeUpstream;
    let world: ConsoleWorld;
    let visitor: Visitor;
    beforeAll(async () => {
      vendor = await hostileVendor();
      world = await startConsole(executablePath ?? '', { config: hostileConfig(vendor.url) });
      visitor = await world.visitor({ userAgent: PAYLOAD });
      await fill();
    });
    afterAll(async () => {
      await world?.stop();
      await vendor?.close();
    });

    /** Puts the attack wherever an operator, a client or a vendor can write something. */
    async function fill(): Promise<void> {
      const admin = async (...call: Parameters<typeof world.stack.admin>) => {
        const { status, body } = await world.stack.admin(...call);
        if (status >= 300) throw new Error(`${call.slice(0, 2).join(' ')}: ${JSON.stringify(body)}`);
        return body as { key?: string; text?: string };
      };
      const { key } = await admin('POST', '/api/keys', {
        name: PAYLOAD,
        team: PAYLOAD,
        owner: PAYLOAD,
        labels: { [PAYLOAD]: PAYLOAD },
      });
      await admin('POST', '/api/oauth/authorize', { provider: 'hostile' });
      await eventually(
        async () => (await world.stack.admin('GET', '/api/oauth/tokens/hostile')).status === 200,
      );
      const { text } = await admin('GET', '/api/config');
      await admin('PUT', '/api/config', { text: `${text}# changed\n`, comment: PAYLOAD });
      for (const model of [MODEL, 'claude-sandbox'])
        await callGateway(
          { gateway: world.stack.gateway, clientKey: key ?? '' },
          { model, maxTokens: 5, text: 'hi', stream: false },
        );
      await eventually(async () => {
        const { body } = await world.stack.admin('GET', '/api/requests');
        return (body as { items: unknown[] }).items.length >= 2;
      });
    }

    /** Nothing of it became an element or ran, and no link leads to a script. */
    async function expectHarmless(): Promise<void> {
      const found = await visitor.page.evaluate(`({
        images: document.querySelectorAll('img[src="x"]').length,
        scripts: [...document.querySelectorAll('[href], [src], [action]')]
          .flatMap((one) => ['href', 'src', 'action'].map((name) => one.getAttribute(name) ?? ''))
          .filter((address) => /^\\s*(javascript|vbscript|data:text)/i.test(address)),
        ran: 'ran' in globalThis,
      })`);
      expect(found).toEqual({ images: 0, scripts: [], ran: false });
    }

    it('at the door', async () => {
      await visitor.go('/');
      await visitor.page.getByText(`Continue with ${PAYLOAD}`).waitFor();
      expect(visitor.complaints).toEqual([]);
      await expectHarmless();
      await visitor.signIn();
    });

    it.each(READ)('in %s, where it is read', async (view, heading) => {
      await visitor.open(view, heading);
      const shown = () => visitor.page.locator('#main').innerHTML();
      await expect.poll(shown, { timeout: 10_000 }).toContain('onerror=globalThis.ran=1&gt;');
      await expectHarmless();
      expect(visitor.complaints).toEqual([]);
    });

    it.each(VIEWS.filter(([view]) => !READ.some(([read]) => read === view)))(
      'in %s, where it is not',
      async (view, heading) => {
        await visitor.open(view, heading);
        await expectHarmless();
        expect(visitor.complaints).toEqual([]);
      },
    );

    it('in what a request was, and in what a model answers', async () => {
      const { page } = visitor;
      await visitor.go('/requests');
      await page.getByRole('button').filter({ hasText: MODEL }).first().click();
      await page.getByRole('dialog').getByText(PAYLOAD).first().waitFor();
      await expectHarmless();
      await visitor.go('/try');
      await page.getByLabel('Model').selectOption('claude-sandbox');
      await page.getByRole('textbox', { name: 'Message' }).fill(PAYLOAD);
      await page.getByRole('button', { name: 'Send' }).click();
      const answer = page.getByRole('region', { name: 'Answer' });
      await answer.getByText(PAYLOAD).first().waitFor();
      expect(await answer.textContent()).toContain(PAYLOAD);
      await page.getByLabel('Model').selectOption(MODEL);
      await page.getByRole('button', { name: 'Send' }).click();
      await answer.getByRole('alert').getByText(PAYLOAD).waitFor();
      await expectHarmless();
    });

    it('in a device’s code', async () => {
      const { page } = visitor;
      await visitor.go('/credentials');
      await page.getByRole('button', { name: 'Connect' }).first().click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Provider').selectOption('hostile');
      await dialog.getByRole('button', { name: 'Continue' }).click();
      await dialog.getByText(PAYLOAD).first().waitFor();
      await expectHarmless();
      expect(visitor.complaints).toEqual([]);
    });
  },
);
