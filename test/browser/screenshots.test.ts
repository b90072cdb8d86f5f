import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from '../../scripts/checks/chromium.ts';
import { callGateway } from '../support/calls.ts';
import { startConsole, type ConsoleWorld } from './console.support.ts';
import { VIEWS } from './views.ts';

/** Where pictures go: every view, light and dark, wide and narrow. Not a check, so `npm test` leaves it out. */
const directory = process.env['MUXGATE_SCREENSHOTS'];
const executablePath = chromiumPath();

describe.runIf(directory !== undefined && executablePath !== undefined)('pictures of the console', () => {
  let world: ConsoleWorld;
  beforeAll(async () => {
    await mkdir(directory ?? '', { recursive: true });
    world = await startConsole(executablePath ?? '');
    const { key } = (
      await world.stack.admin('POST', '/api/keys', {
        name: 'alice',
        team: 'core',
        budget: { usd: 50, period: 'month' },
      })
    ).body as { key: string };
    await world.stack.admin('PUT', '/api/teams/core', { limits: { requestsPerMinute: 600 } });
    await world.stack.admin('PUT', '/api/credentials/anthropic', { value: 'sk-stored-key-of-the-pictures' });
    await world.stack.admin('POST', '/api/oauth/invitations', { provider: 'sandbox', credential: 'carol' });
    for (let asked = 0; asked < 40; asked++)
      await callGateway(
        { gateway: world.stack.gateway, clientKey: key },
        {
          model: asked % 9 === 8 ? 'no-such-model' : 'claude-sandbox',
          maxTokens: 5 + ((asked * 7) % 40),
          text: 'Hello '.repeat(1 + ((asked * 13) % 30)),
          stream: false,
        },
      );
  });
  afterAll(() => world?.stop());

  it.each([
    ['light', 1440],
    ['dark', 1440],
    ['light', 390],
    ['dark', 390],
  ] as const)('%s, %i pixels wide', async (colorScheme, width) => {
    const visitor = await world.visitor({
      colorScheme,
      viewport: { width, height: 900 },
      reducedMotion: 'reduce',
    });
    await visitor.go('/');
    await visitor.page.getByRole('button', { name: 'Sign in' }).waitFor();
    const take = (name: string) =>
      visitor.page.screenshot({ path: join(directory ?? '', `${name}-${colorScheme}-${width}.png`) });
    await take('sign-in');
    await visitor.signIn();
    for (const [view, heading] of VIEWS) {
      await visitor.open(view, heading);
      await visitor.page.waitForTimeout(300);
      await take(view === '/' ? 'overview' : view.slice(1).replaceAll('/', '-'));
    }
    await visitor.go('/try');
    await visitor.page.getByRole('button', { name: 'Send' }).click();
    await visitor.page.getByText(/Usage: \d+ → \d+/).waitFor();
    await take('try-answer');
    await visitor.go('/credentials');
    await visitor.page.getByRole('button', { name: 'Connect' }).first().click();
    const dialog = visitor.page.getByRole('dialog');
    await dialog.getByLabel('Provider').selectOption('television');
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await dialog.getByRole('img', { name: /QR code/ }).waitFor();
    await take('connect-device');
    expect(visitor.complaints).toEqual([]);
  });
});
