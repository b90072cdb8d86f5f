import { AxeBuilder } from '@axe-core/playwright';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, NO_CHROMIUM } from '../../scripts/checks/chromium.ts';
import { callGateway } from '../support/calls.ts';
import { startConsole, type ConsoleWorld, type Visitor } from './console.support.ts';
import { VIEWS } from './views.ts';

const executablePath = chromiumPath();
const WIDE = { width: 1440, height: 900 };
/** In the page. */
const HAS_FOCUS = (element: { matches(selector: string): boolean }): boolean => element.matches(':focus');
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

describe.skipIf(executablePath === undefined)(
  `everybody can use the console${executablePath === undefined ? ` (skipped: ${NO_CHROMIUM})` : ''}`,
  () => {
    let world: ConsoleWorld;
    beforeAll(async () => {
      world = await startConsole(executablePath ?? '');
      await world.stack.admin('POST', '/api/keys', { name: 'alice', team: 'core' });
      await world.stack.admin('PUT', '/api/teams/core', { limits: { requestsPerMinute: 60 } });
      await world.stack.admin('PUT', '/api/credentials/stored', { value: 'sk-stored-key-of-the-test' });
      await world.stack.admin('POST', '/api/oauth/invitations', { provider: 'sandbox', credential: 'carol' });
      await callGateway(world.stack, { stream: false });
    });
    afterAll(() => world?.stop());

    /** Serious and critical faults of what is on the screen, by rule and place; in the dark only colours differ. */
    async function faults({ page }: Visitor): Promise<string[]> {
      await page.emulateMedia({ colorScheme: 'light' });
      const light = await new AxeBuilder({ page }).withTags(WCAG).analyze();
      await page.emulateMedia({ colorScheme: 'dark' });
      const dark = await new AxeBuilder({ page }).withRules(['color-contrast']).analyze();
      return [...light.violations, ...dark.violations]
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) =>
          nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
        );
    }

    describe('light and dark', () => {
      let visitor: Visitor;
      beforeAll(async () => {
        visitor = await world.visitor({ viewport: WIDE, reducedMotion: 'reduce' });
        await visitor.signIn();
      });

      it('the door has no serious fault', async () => {
        const stranger = await world.visitor({ viewport: WIDE });
        await stranger.go('/');
        await stranger.page.getByRole('button', { name: 'Sign in' }).waitFor();
        expect(await faults(stranger)).toEqual([]);
        await stranger.context.close();
      });

      it.each(VIEWS)(
        '%s has no serious fault, and nothing sticks out of a narrow screen',
        async (view, heading) => {
          const { page } = visitor;
          await visitor.open(view, heading);
          expect(await faults(visitor)).toEqual([]);
          await page.setViewportSize({ width: 390, height: 844 });
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
          await page.setViewportSize(WIDE);
        },
      );

      it('a narrow screen has no serious fault either, with its menu open', async () => {
        const { page } = visitor;
        await page.setViewportSize({ width: 390, height: 844 });
        await visitor.go('/');
        await page.getByRole('button', { name: 'Menu' }).click();
        await page.getByRole('link', { name: 'Settings' }).waitFor();
        expect(await faults(visitor)).toEqual([]);
        await page.setViewportSize(WIDE);
      });

      it.each([
        ['/credentials', 'Connect'],
        ['/credentials/keys', 'Store a key'],
        ['/credentials/invitations', 'Invite a person'],
        ['/credentials/oauth/sandbox', 'Revoke and forget'],
        ['/keys', 'New key'],
        ['/keys/teams', 'New team'],
      ])('the dialog of %s, %s, has no serious fault', async (view, button) => {
        const { page } = visitor;
        await visitor.go(view);
        await page.getByRole('button', { name: button }).first().click();
        const dialog = page.getByRole('dialog');
        await dialog.getByRole('button').nth(1).waitFor();
        expect(await faults(visitor)).toEqual([]);
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
      });
    });

    describe('a keyboard alone', () => {
      let visitor: Visitor;
      beforeAll(async () => {
        visitor = await world.visitor();
      });

      /** Presses Tab until this has the focus, as often as a patient person would. */
      async function reach(wanted: Locator): Promise<void> {
        await wanted.first().waitFor();
        for (let presses = 0; presses < 60; presses++) {
          if (await wanted.first().evaluate(HAS_FOCUS)) return;
          await visitor.page.keyboard.press('Tab');
        }
        throw new Error('Tab does not lead there');
      }
      const press = async (wanted: Locator, key = 'Enter'): Promise<void> => {
        await reach(wanted);
        await visitor.page.keyboard.press(key);
      };

      it('signs in', async () => {
        const { page } = visitor;
        await visitor.go('/');
        await reach(page.getByRole('textbox', { name: 'Admin token' }));
        await page.keyboard.type(world.stack.adminToken);
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: 'Overview' }).waitFor();
        expect(page.url()).toBe(`${world.url}/`);
      });

      it('skips the navigation', async () => {
        const { page } = visitor;
        await visitor.go('/');
        await page.getByRole('heading', { name: 'Overview' }).waitFor();
        await press(page.getByRole('link', { name: 'Skip to content' }));
        expect(await page.locator('#main').evaluate(HAS_FOCUS)).toBe(true);
      });

      it('connects a credential, and comes back to where it was when a dialog closes', async () => {
        const { page } = visitor;
        await press(page.getByRole('link', { name: 'Credentials' }));
        const connect = page.getByRole('button', { name: 'Connect' });
        await press(connect);
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Provider').waitFor();
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
        await expect.poll(() => connect.first().evaluate(HAS_FOCUS)).toBe(true);
        await page.keyboard.press('Enter');
        await reach(dialog.getByLabel('Credential id'));
        await page.keyboard.type('dora');
        await page.keyboard.press('Enter');
        const [popup] = await Promise.all([
          visitor.context.waitForEvent('page'),
          press(dialog.getByRole('button', { name: 'Open the provider' })),
        ]);
        await popup.getByRole('heading', { name: /connected/i }).waitFor();
        await popup.close();
        await press(dialog.getByRole('button', { name: 'Done' }));
        await page.getByRole('link', { name: 'dora', exact: true }).waitFor();
        expect((await world.stack.admin('GET', '/api/oauth/tokens/dora')).status).toBe(200);
      });

      it('refreshes it', async () => {
        const { page } = visitor;
        await press(page.getByRole('link', { name: 'dora', exact: true }));
        await press(page.getByRole('button', { name: 'Refresh now' }));
        await page.getByText('dora is fresh.').waitFor();
        expect((await world.stack.admin('GET', '/api/oauth/tokens/dora')).body).toMatchObject({
          generation: 2,
        });
      });

      it('edits the configuration: Tab leaves the editor', async () => {
        const { page } = visitor;
        await visitor.go('/config');
        await reach(page.getByRole('textbox', { name: 'Configuration in YAML' }));
        await page.keyboard.press('Control+End');
        await page.keyboard.type('  think: claude-sandbox');
        await page.getByText('Valid.').waitFor();
        await press(page.getByRole('button', { name: 'Review and apply' }));
        const dialog = page.getByRole('dialog');
        await reach(dialog.getByLabel('Comment'));
        await page.keyboard.type('by keyboard');
        await page.keyboard.press('Enter');
        await page.getByText(/Revision \d+ is in force/).waitFor();
        const { text } = (await world.stack.admin('GET', '/api/config')).body as { text: string };
        expect(text).toContain('think: claude-sandbox');
      });

      it('makes a key', async () => {
        const { page } = visitor;
        await visitor.go('/keys');
        await press(page.getByRole('button', { name: 'New key' }));
        const dialog = page.getByRole('dialog');
        await reach(dialog.getByLabel('Name'));
        await page.keyboard.type('eve');
        await page.keyboard.press('Enter');
        await press(dialog.getByRole('button', { name: 'Done' }));
        await dialog.waitFor({ state: 'detached' });
        expect(await page.getByText('eve', { exact: true }).first().isVisible()).toBe(true);
      });

      it('tries a model', async () => {
        const { page } = visitor;
        await visitor.go('/try');
        await press(page.getByRole('button', { name: 'Send' }));
        const answer = page.getByRole('region', { name: 'Answer' });
        await answer.getByText(/Usage: \d+ → \d+/).waitFor();
        expect(await answer.textContent()).toContain('x-muxgate-rule');
      });
    });
  },
);
