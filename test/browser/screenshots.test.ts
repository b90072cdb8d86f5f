import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from '../../scripts/checks/chromium.ts';
import { callGateway } from '../support/calls.ts';
import { startConsole, type ConsoleWorld, type Visitor } from './console.support.ts';
import { DIALOGS, VIEWS } from './views.ts';

/** Where pictures go: every view, light and dark, wide and narrow. Not a check, so `npm test` leaves it out. */
const directory = process.env['MUXGATE_SCREENSHOTS'];
/** How long calls come before the pictures are taken: charts of an hour want more than a moment. */
const MINUTES = Number(process.env['MUXGATE_SCREENSHOTS_MINUTES'] ?? 0);
const LEAST_CALLS = 40;
const PAUSE_MS = 1_500;
const executablePath = chromiumPath();
const LOOKS = [
  ['light', 1440],
  ['dark', 1440],
  ['light', 390],
  ['dark', 390],
] as const;

interface Camera extends Visitor {
  /** Takes a picture, of the whole page unless something lies over it. */
  take(name: string, fullPage?: boolean): Promise<void>;
}

async function cameraIn(world: ConsoleWorld, [colorScheme, width]: (typeof LOOKS)[number]): Promise<Camera> {
  const visitor = await world.visitor({
    colorScheme,
    viewport: { width, height: 900 },
    reducedMotion: 'reduce',
  });
  return {
    ...visitor,
    take: async (name, fullPage = true) => {
      await visitor.page.waitForTimeout(400);
      await visitor.page.evaluate('scrollTo(0, 0)');
      const path = join(directory ?? '', `${name}-${colorScheme}-${width}.png`);
      await visitor.page.screenshot({ path, fullPage });
    },
  };
}

const nameOf = (view: string): string => (view === '/' ? 'overview' : view.slice(1).replaceAll('/', '-'));

async function makeTraffic(world: ConsoleWorld, clientKey: string): Promise<void> {
  const until = Date.now() + MINUTES * 60_000;
  for (let asked = 0; asked < LEAST_CALLS || Date.now() < until; asked++) {
    await callGateway(
      { gateway: world.stack.gateway, clientKey },
      {
        model: asked % 37 === 36 ? 'no-such-model' : 'claude-sandbox',
        maxTokens: 5 + ((asked * 7) % 40),
        text: 'Hello '.repeat(1 + ((asked * 13) % 30)),
        stream: false,
      },
    );
    // more by waves than all the time, as people work
    if (MINUTES > 0) await sleep(PAUSE_MS * Math.random() * (2 + Math.sin(asked / 25)));
  }
}

describe.runIf(directory !== undefined && executablePath !== undefined)('pictures of the console', () => {
  let world: ConsoleWorld;
  beforeAll(
    async () => {
      await mkdir(directory ?? '', { recursive: true });
      world = await startConsole(executablePath ?? '');
      const admin = world.stack.admin.bind(world.stack);
      const { body } = await admin('POST', '/api/keys', {
        name: 'alice',
        team: 'core',
        budget: { usd: 50, period: 'month' },
      });
      await admin('PUT', '/api/teams/core', { limits: { requestsPerMinute: 600 } });
      await admin('PUT', '/api/credentials/anthropic', { value: 'sk-stored-key-of-the-pictures' });
      await admin('POST', '/api/oauth/invitations', { provider: 'sandbox', credential: 'carol' });
      await makeTraffic(world, (body as { key: string }).key);
    },
    (MINUTES + 2) * 60_000,
  );
  afterAll(() => world?.stop());

  it.each(LOOKS)('%s, %i pixels wide', async (...look) => {
    const camera = await cameraIn(world, look);
    const { page } = camera;
    await camera.go('/');
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await camera.take('sign-in');
    await camera.signIn();
    for (const [view, heading] of VIEWS) {
      await camera.open(view, heading);
      await camera.take(nameOf(view));
    }
    for (const [name, view, open] of DIALOGS) {
      await camera.go(view);
      await open(page);
      await camera.take(`dialog-${name}`, false);
    }
    await camera.go('/try');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(/Usage: \d+ → \d+/).waitFor();
    await page.getByRole('button', { name: 'As curl' }).click();
    await page.getByRole('button', { name: 'Set up a client' }).click();
    await camera.take('try-answer');
    await camera.go('/nowhere');
    await page.getByText('There is nothing at this address.').waitFor();
    await camera.take('not-found');
    if (look[1] < 768) {
      await page.getByRole('button', { name: 'Menu' }).click();
      await camera.take('menu', false);
    }
    expect(camera.complaints).toEqual([]);
  });

  it.each([LOOKS[0], LOOKS[3]])('what cannot be loaded, %s, %i pixels wide', async (...look) => {
    const camera = await cameraIn(world, look);
    await camera.signIn();
    await camera.page.route(/\/api\/(?!session$|events)/, (route) =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        json: { status: 503, code: 'redis_unavailable', detail: 'Redis cannot be reached; try again.' },
      }),
    );
    for (const view of ['/', '/credentials', '/config', '/usage', '/requests', '/settings']) {
      await camera.go(view);
      // after the tries that queries make by themselves
      await camera.page.getByRole('alert').first().waitFor();
      await camera.take(`failed-${nameOf(view)}`);
    }
    expect(camera.complaints.filter((one) => !one.includes('503'))).toEqual([]);
  });
});

describe.runIf(directory !== undefined && executablePath !== undefined)(
  'pictures of an empty console',
  () => {
    let world: ConsoleWorld;
    beforeAll(async () => {
      await mkdir(directory ?? '', { recursive: true });
      world = await startConsole(executablePath ?? '', { config: 'version: 1\n', connect: false });
    });
    afterAll(() => world?.stop());

    it.each([LOOKS[0], LOOKS[3]])('%s, %i pixels wide', async (...look) => {
      const camera = await cameraIn(world, look);
      await camera.signIn();
      for (const [view, heading] of VIEWS.filter(([, title]) => title !== 'sandbox')) {
        await camera.open(view, heading);
        await camera.take(`empty-${nameOf(view)}`);
      }
      expect(camera.complaints).toEqual([]);
    });
  },
);
