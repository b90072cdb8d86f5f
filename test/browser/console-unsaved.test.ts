import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumPath, NO_CHROMIUM } from '../../scripts/checks/chromium.ts';
import { startConsole, type ConsoleWorld, type Visitor } from './console.support.ts';

const executablePath = chromiumPath();
const QUESTION = 'Leave this behind?';

describe.skipIf(executablePath === undefined)(
  `changes that are not saved${executablePath === undefined ? ` (skipped: ${NO_CHROMIUM})` : ''}`,
  () => {
    let world: ConsoleWorld;
    let visitor: Visitor;
    const complaints: string[] = [];
    beforeAll(async () => {
      world = await startConsole(executablePath ?? '', { connect: false });
    });
    afterAll(() => world?.stop());
    beforeEach(async () => {
      visitor = await world.visitor({ reducedMotion: 'reduce' });
      await visitor.signIn();
      return async () => {
        await visitor.context.close();
        complaints.push(...visitor.complaints);
      };
    });

    const dialog = (name: string) => visitor.page.getByRole('dialog', { name });
    const editor = () => visitor.page.getByRole('textbox', { name: 'Configuration in YAML' });
    const link = (name: string) =>
      visitor.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name });
    async function answer(name: 'Stay' | 'Throw away'): Promise<void> {
      await dialog(QUESTION).getByRole('button', { name }).click();
      await dialog(QUESTION).waitFor({ state: 'detached' });
    }

    async function editConfiguration(): Promise<void> {
      await link('Configuration').click();
      await editor().click();
      await visitor.page.keyboard.press('Control+End');
      await visitor.page.keyboard.type('# a thought');
    }

    it('asks before a link or a tab leaves the editor, and keeps what was written for who stays', async () => {
      await editConfiguration();
      await link('Usage & cost').click();
      await answer('Stay');
      expect(await editor().textContent()).toContain('# a thought');
      await visitor.page.getByRole('tab', { name: 'History' }).click();
      await answer('Stay');
      expect(new URL(visitor.page.url()).pathname).toBe('/console/config');
      expect(await editor().textContent()).toContain('# a thought');
      await link('Usage & cost').click();
      await answer('Throw away');
      await visitor.page.getByRole('heading', { level: 1, name: 'Usage & cost' }).waitFor();
      await link('Configuration').click();
      await editor().waitFor();
      expect(await editor().textContent()).not.toContain('# a thought');
    });

    it('asks nobody who undid what they wrote', async () => {
      await editConfiguration();
      await visitor.page.getByRole('button', { name: 'Undo' }).click();
      await link('Usage & cost').click();
      await visitor.page.getByRole('heading', { level: 1, name: 'Usage & cost' }).waitFor();
      expect(await dialog(QUESTION).count()).toBe(0);
    });

    it('asks before the browser goes back', async () => {
      await editConfiguration();
      await visitor.page.evaluate('history.back()');
      await answer('Stay');
      expect(new URL(visitor.page.url()).pathname).toBe('/console/config');
      await visitor.page.evaluate('history.back()');
      await answer('Throw away');
      await visitor.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    });

    it('has the browser ask before the tab closes, only while something is not saved', async () => {
      await editConfiguration();
      const asked = visitor.page.waitForEvent('dialog');
      await visitor.page.close({ runBeforeUnload: true });
      const question = await asked;
      expect(question.type()).toBe('beforeunload');
      await question.dismiss();
      await visitor.page.getByRole('button', { name: 'Undo' }).click();
      const closed = visitor.page.waitForEvent('close');
      await visitor.page.close({ runBeforeUnload: true });
      await closed;
    });

    it('asks before a form closes by key or by button, and keeps its fields for who stays', async () => {
      await link('Keys & teams').click();
      await visitor.page.getByRole('button', { name: 'New key' }).first().click();
      const name = dialog('New key').getByLabel('Name');
      await name.fill('carol');
      await visitor.page.keyboard.press('Escape');
      await answer('Stay');
      expect(await name.inputValue()).toBe('carol');
      await dialog('New key').getByRole('button', { name: 'Close' }).click();
      await answer('Throw away');
      await dialog('New key').waitFor({ state: 'detached' });
      const { body } = await world.stack.admin('GET', '/api/keys');
      expect(JSON.stringify(body)).not.toContain('carol');
    });

    it('asks before a key that is shown once is closed by accident', async () => {
      await link('Keys & teams').click();
      await visitor.page.getByRole('button', { name: 'New key' }).first().click();
      await dialog('New key').getByLabel('Name').fill('dave');
      await dialog('New key').getByRole('button', { name: 'Create' }).click();
      const key = dialog('New key')
        .getByText(/^mxg_[\w-]+$/)
        .first();
      await key.waitFor();
      await visitor.page.keyboard.press('Escape');
      await answer('Stay');
      expect(await key.isVisible()).toBe(true);
      await dialog('New key').getByRole('button', { name: 'Done' }).click();
      await dialog('New key').waitFor({ state: 'detached' });
      expect(await dialog(QUESTION).count()).toBe(0);
    });

    it('had nothing to complain about all the while', () => {
      expect(complaints).toEqual([]);
    });
  },
);
