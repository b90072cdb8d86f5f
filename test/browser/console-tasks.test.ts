import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, NO_CHROMIUM } from '../../scripts/checks/chromium.ts';
import { Redis } from 'ioredis';
import { accessKey, KEY_AGES } from '../../libs/vault/src/keys.ts';
import { callGateway } from '../support/calls.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';
import { NOWHERE, startConsole, type ConsoleWorld, type Visitor } from './console.support.ts';

const executablePath = chromiumPath();

describe.skipIf(executablePath === undefined)(
  `the console in a real browser${executablePath === undefined ? ` (skipped: ${NO_CHROMIUM})` : ''}`,
  () => {
    let redis: TestRedis;
    let world: ConsoleWorld;
    let visitor: Visitor;
    beforeAll(async () => {
      redis = await startRedis();
      world = await startConsole(executablePath ?? '', { redis, connect: false });
      visitor = await world.visitor();
    });
    afterAll(() => world?.stop());

    const dialog = () => visitor.page.getByRole('dialog');
    const token = async (credential: string) =>
      (await world.stack.admin('GET', `/api/oauth/tokens/${credential}`)).body as {
        status?: string;
        generation?: number;
      };

    async function beginConnecting(provider: string, credential: string): Promise<void> {
      await visitor.go('/credentials');
      await visitor.page.getByRole('button', { name: 'Connect' }).first().click();
      await dialog().getByLabel('Provider').selectOption(provider);
      await dialog().getByLabel('Credential id').fill(credential);
      await dialog().getByRole('button', { name: 'Continue' }).click();
    }

    async function popupOf(click: () => Promise<void>) {
      const [popup] = await Promise.all([visitor.context.waitForEvent('page'), click()]);
      return popup;
    }

    it('signs in by the organisation’s provider, back to the view that was asked for', async () => {
      const { page } = visitor;
      await visitor.go('/credentials?from=bookmark');
      await page.getByRole('link', { name: 'Continue with Acme' }).click();
      await page.getByRole('heading', { name: 'Credentials' }).waitFor();
      expect(page.url()).toBe(`${world.url}/credentials?from=bookmark`);
      const who = page.getByRole('button', { name: /^\S+ admin$/ });
      expect(await who.textContent()).toContain('sandbox-user');
    });

    it('connects a credential by callback, in a window of the vendor’s', async () => {
      await beginConnecting('sandbox', 'sandbox');
      const popup = await popupOf(() => dialog().getByRole('button', { name: 'Open the provider' }).click());
      await popup.getByRole('heading', { name: /connected/i }).waitFor();
      await popup.close();
      await dialog().getByText('sandbox is connected and will be kept fresh.').waitFor();
      await dialog().getByRole('button', { name: 'Done' }).click();
      await visitor.page.getByRole('link', { name: 'sandbox', exact: true }).waitFor();
      expect((await token('sandbox')).status).toBe('active');
    });

    it('connects a credential by a pasted address, and says what is wrong with another', async () => {
      let landed = '';
      await visitor.context.route(`${NOWHERE}**`, (route) => {
        landed = route.request().url();
        return route.fulfill({ contentType: 'text/html', body: '<title>Nobody listens here</title>' });
      });
      await beginConnecting('pasted', 'bob');
      const popup = await popupOf(() => dialog().getByRole('button', { name: 'Open the provider' }).click());
      await eventually(() => landed !== '');
      await popup.close();
      const field = dialog().getByRole('textbox', { name: /Paste the code/ });
      await field.fill('https://somewhere.example/?nothing=1');
      await dialog().getByRole('button', { name: 'Finish' }).click();
      expect(await dialog().getByRole('alert').textContent()).not.toBe('');
      await field.fill(landed);
      await dialog().getByRole('button', { name: 'Finish' }).click();
      await dialog().getByText('bob is connected').waitFor();
    });

    it('connects a credential by a device code that somebody enters elsewhere', async () => {
      await beginConnecting('television', 'tv');
      await dialog()
        .getByRole('img', { name: /QR code/ })
        .waitFor();
      const userCode = await dialog()
        .getByText(/^[A-Z]{4}-[A-Z]{4}$/)
        .first()
        .textContent();
      await fetch(`${world.stack.sandbox.url}/sandbox/device-codes`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ userCode }),
      });
      await dialog().getByText('tv is connected').waitFor({ timeout: 40_000 });
      expect((await token('tv')).status).toBe('active');
    });

    it('shows a refresh as it happens', async () => {
      const { page } = visitor;
      await visitor.go('/credentials/oauth/sandbox');
      await page
        .getByText(/in \d+ (s|min)/)
        .first()
        .waitFor();
      const before = (await token('sandbox')).generation ?? 0;
      await page.getByRole('button', { name: 'Refresh now' }).click();
      await page.getByText('sandbox is fresh.').waitFor();
      const history = page.getByRole('table', { name: 'Refreshes' });
      await history.getByText('refreshed').first().waitFor();
      expect((await token('sandbox')).generation).toBe(before + 1);
    });

    it('shows what became of the steps after connecting', async () => {
      const { page } = visitor;
      const client = new Redis(redis.url);
      const notes = { tier: 'free-tier', project: 'bright-moon-17' };
      await client.hset(accessKey('sandbox'), 'notes', JSON.stringify(notes));
      await client.quit();
      await visitor.go('/credentials/oauth/sandbox');
      const after = page.getByRole('region', { name: 'After connecting' });
      await after.getByText('bright-moon-17').waitFor();
      expect(await after.getByRole('definition').allTextContents()).toEqual(['free-tier', 'bright-moon-17']);
    });

    it('says in plain words what broke, and re-authorizes in one click', async () => {
      const { page } = visitor;
      await fetch(`${world.stack.sandbox.url}/sandbox/token-endpoint`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ mode: 'error', count: 1 }),
      });
      await visitor.go('/credentials/oauth/bob');
      await page.getByRole('button', { name: 'Refresh now' }).click();
      await page.getByText('needs re-authorization').first().waitFor();
      await page
        .getByText('The provider no longer accepts this connection. Re-authorize it.')
        .first()
        .waitFor();
      await page.getByRole('button', { name: 'Re-authorize' }).click();
      await dialog().getByRole('button', { name: 'Continue' }).click();
      const landed = page.context().waitForEvent('request', (request) => request.url().startsWith(NOWHERE));
      const popup = await popupOf(() => dialog().getByRole('button', { name: 'Open the provider' }).click());
      const address = (await landed).url();
      await popup.close();
      await dialog()
        .getByRole('textbox', { name: /Paste the code/ })
        .fill(address);
      await dialog().getByRole('button', { name: 'Finish' }).click();
      await dialog().getByText('bob is connected').waitFor();
      expect((await token('bob')).status).toBe('active');
    });

    it('edits the configuration: mistakes while one types, a difference before it applies, and back again', async () => {
      const { page } = visitor;
      await visitor.go('/config');
      const editor = page.getByRole('textbox', { name: 'Configuration in YAML' });
      await editor.click();
      await page.keyboard.press('Control+End');
      await page.keyboard.type('  think: no-such-model');
      await page.getByText('1 mistake', { exact: true }).waitFor();
      await page
        .getByText(/router\.think/)
        .first()
        .waitFor();
      expect(await page.getByRole('button', { name: 'Review and apply' }).isDisabled()).toBe(true);
      for (const _ of 'no-such-model') await page.keyboard.press('Backspace');
      await page.keyboard.type('claude-sandbox');
      await page.getByText('Valid.').waitFor();
      await page.getByRole('button', { name: 'Review and apply' }).click();
      await dialog().getByText('think: claude-sandbox').first().waitFor();
      await dialog().getByLabel('Comment').fill('thinks aloud');
      await dialog().getByRole('button', { name: 'Apply' }).click();
      await page.getByText(/Revision \d+ is in force/).waitFor();
      await page.getByRole('tab', { name: 'History' }).click();
      const row = page.getByRole('row').filter({ hasText: 'thinks aloud' });
      await row.getByText('in force').waitFor();
      const link = page.getByRole('row').nth(2).getByRole('link');
      await link.click();
      await page.getByRole('button', { name: 'Restore' }).first().click();
      await dialog().getByRole('button', { name: 'Restore' }).click();
      const textInForce = async () =>
        ((await world.stack.admin('GET', '/api/config')).body as { text: string }).text;
      await expect.poll(textInForce, { timeout: 10_000 }).not.toContain('think:');
    });

    it('moves a target by keyboard, and the gateway follows', async () => {
      const { page } = visitor;
      await visitor.go('/routing/models');
      const handle = page.getByRole('button', { name: 'Move second: gpt-sandbox-1' });
      await handle.focus();
      await page.keyboard.press('Space');
      await page
        .getByText('claude-sandbox#1 was moved over droppable area claude-sandbox#1')
        .waitFor({ state: 'attached' });
      await page.keyboard.press('ArrowUp');
      await page
        .getByText('claude-sandbox#1 was moved over droppable area claude-sandbox#0')
        .waitFor({ state: 'attached' });
      await page.keyboard.press('Space');
      await page.getByText('Not applied yet').waitFor();
      await page.getByRole('button', { name: 'Review changes' }).click();
      await dialog().getByRole('button', { name: 'Apply' }).click();
      await page.getByText(/Revision \d+ is in force/).waitFor();
      const servedBy = async () =>
        (await callGateway(world.stack, { stream: false })).headers.get('x-muxgate-provider');
      await expect.poll(servedBy, { timeout: 10_000 }).toBe('second');
    });

    it('makes a key that works, once shown', async () => {
      const { page } = visitor;
      await visitor.go('/keys');
      await page.getByRole('button', { name: 'New key' }).first().click();
      await dialog().getByLabel('Name').fill('alice');
      await dialog().getByLabel('Team').fill('core');
      await dialog().getByRole('button', { name: 'Create' }).click();
      const key = await dialog()
        .getByText(/^mxg_[\w-]+$/)
        .first()
        .textContent();
      const answer = await fetch(`${world.stack.gateway.url}/v1/models`, {
        headers: { authorization: `Bearer ${key}` },
      });
      expect(answer.status).toBe(200);
      await dialog().getByRole('button', { name: 'Done' }).click();
      await dialog().waitFor({ state: 'detached' });
      await page.getByText('alice').first().waitFor();
      expect(await page.content()).not.toContain(key);
    });

    it('tries a model, streamed, with timing, tokens and the decision', async () => {
      const { page } = visitor;
      await visitor.go('/try');
      await page.getByRole('textbox', { name: 'Message' }).fill('Say hello to the console');
      await page.getByRole('button', { name: 'Send' }).click();
      const answer = page.getByRole('region', { name: 'Answer' });
      await answer.getByText(/Say hello to the console/).waitFor();
      await answer.getByText(/First token: /).waitFor();
      await answer.getByText(/Usage: \d+ → \d+/).waitFor();
      expect(await answer.textContent()).toContain('x-muxgate-model: claude-sandbox');
    });

    it('reads what was used, the request log and the audit log', async () => {
      const { page } = visitor;
      await eventually(async () => {
        const { body } = await world.stack.admin('GET', '/api/usage?groupBy=model');
        return (body as { totals: { requests: number } }).totals.requests > 0;
      });
      await visitor.go('/usage');
      await page
        .getByRole('row')
        .filter({ hasText: 'claude-sandbox' })
        .or(page.getByText('Total'))
        .first()
        .waitFor();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page
          .getByRole('link', { name: 'CSV' })
          .or(page.getByRole('button', { name: 'CSV' }))
          .click(),
      ]);
      expect(download.suggestedFilename()).toMatch(/\.csv$/);
      await visitor.go('/requests');
      await page.getByText('claude-sandbox').first().waitFor();
      await visitor.go('/audit');
      await page
        .getByText(/^config\./)
        .locator('visible=true')
        .first()
        .waitFor();
      await page.getByRole('button', { name: 'Check the chain' }).click();
      await page.getByText(/All \d+ entries are as they were written/).waitFor();
    });

    it('hears of what others do without being asked', async () => {
      const { page } = visitor;
      await visitor.go('/credentials');
      await page.getByRole('link', { name: 'tv', exact: true }).waitFor();
      await world.stack.admin('DELETE', '/api/oauth/tokens/tv');
      await page.getByRole('link', { name: 'tv', exact: true }).waitFor({ state: 'detached' });
      expect(await page.getByRole('link', { name: 'bob', exact: true }).isVisible()).toBe(true);
    });

    it('shows who can sign in and who has, and signs one of them out', async () => {
      const { page } = visitor;
      const other = await world.visitor();
      await other.signIn();
      await visitor.go('/settings');
      const people = page.getByRole('table', { name: 'People' });
      const { body } = await world.stack.admin('GET', '/api/people');
      const [admin] = (body as { items: { name: string; via: string }[] }).items.filter(
        ({ via }) => via === 'token',
      );
      await people.getByRole('row').filter({ hasText: 'by single sign-on' }).getByText(/ago$/).waitFor();
      const signOut = people.getByRole('button', { name: `Sign out ${admin?.name} everywhere` });
      await signOut.click();
      await dialog().getByRole('button', { name: 'Sign out' }).click();
      await page.getByText(/1 session ended/).waitFor();
      await expect.poll(() => signOut.isDisabled()).toBe(true);
      await other.go('/');
      await other.page.getByRole('button', { name: 'Sign in' }).waitFor();
      await other.context.close();
    });

    it('shows how old each key of the rings is, which should change, and a re-sealing to its end', async () => {
      const { page } = visitor;
      const client = new Redis(redis.url);
      const keys = await client.hkeys(KEY_AGES);
      const oldest = keys.find((one) => one.startsWith('access.')) ?? '';
      await client.hset(KEY_AGES, oldest, Date.now() - 400 * 86_400_000);
      await client.quit();
      await visitor.go('/settings');
      const rings = page.getByRole('region', { name: 'Key rings' });
      await rings.getByText(/400 d \d+ h ago/).waitFor();
      expect(await rings.getByText('older than a year').count()).toBe(1);
      await rings.getByRole('button', { name: /Re-seal all/ }).click();
      await rings.getByText(/All \d+ records were looked at/).waitFor({ timeout: 20_000 });
    });

    it('signs out everywhere: another browser is back at the door', async () => {
      const { page } = visitor;
      const other = await world.visitor();
      await other.go('/');
      await other.page.getByRole('link', { name: 'Continue with Acme' }).click();
      await other.page.getByRole('heading', { name: 'Overview' }).waitFor();
      await visitor.go('/settings');
      await page.getByRole('button', { name: 'Sign out everywhere' }).click();
      const sure = dialog().getByRole('button', { name: 'Sign out everywhere' });
      if (await sure.isVisible().catch(() => false)) await sure.click();
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      await other.go('/usage');
      await other.page.getByRole('button', { name: 'Sign in' }).waitFor();
      expect(other.page.url()).toContain('/sign-in?returnTo=%2Fusage');
    });

    it('had nothing to complain about all the while', () => {
      expect(visitor.complaints).toEqual([]);
    });
  },
);
