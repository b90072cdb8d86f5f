import { CREDENTIAL_EVENTS } from '@muxgate/vault';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, NO_CHROMIUM } from '../../scripts/checks/chromium.ts';
import { eventually } from '../support/wait.ts';
import { startRedis } from '../support/redis.ts';
import { startConsole, type ConsoleWorld, type Visitor } from './console.support.ts';
import { seedCredentials, seedRequests } from './seed.ts';

const executablePath = chromiumPath();
const CREDENTIALS = Number(process.env['MUXGATE_TEST_CONSOLE_CREDENTIALS'] ?? 2_000);
const ROWS = Number(process.env['MUXGATE_TEST_CONSOLE_ROWS'] ?? 20_000);
const FIRST_LOAD_BYTES = 250_000;
/** Elements of a view with its list: what surrounds it, and the rows in sight with some beside them. */
const MOST_ELEMENTS = 1_200;
/** How far down a list one scrolls. */
const DEPTH = Number(process.env['MUXGATE_TEST_CONSOLE_DEPTH'] ?? 600);
const MOST_SCROLLS = 1_000;

describe.skipIf(executablePath === undefined)(
  `the console is small, and stays quick with ${CREDENTIALS} credentials and ${ROWS} requests${executablePath === undefined ? ` (skipped: ${NO_CHROMIUM})` : ''}`,
  () => {
    let world: ConsoleWorld;
    let visitor: Visitor;
    let publish: (change: object) => Promise<unknown>;
    beforeAll(async () => {
      const redis = await startRedis();
      world = await startConsole(executablePath ?? '', { redis, tokenSeconds: 7_200 });
      await seedCredentials(redis.url, 'sandbox', CREDENTIALS);
      await seedRequests(redis.url, ROWS);
      visitor = await world.visitor();
      const client = new Redis(redis.url);
      publish = (change) => client.publish(CREDENTIAL_EVENTS, JSON.stringify(change));
    }, 600_000);
    afterAll(() => world?.stop());

    const elements = (): Promise<number> => visitor.page.evaluate(`document.querySelectorAll('*').length`);

    /** Scrolls a list as a wheel would, screen by screen, for so many frames; how long frames took, in ms. */
    async function scroll(list: string, frames: number): Promise<number[]> {
      return visitor.page.evaluate(`new Promise((resolve) => {
        const frame = document.querySelector('[role=region][aria-label="${list}"]');
        const took = [];
        let before = performance.now();
        const step = (now) => {
          took.push(now - before);
          before = now;
          frame.scrollTop += frame.clientHeight / 2;
          if (took.length < ${frames}) requestAnimationFrame(step);
          else resolve(took.slice(1));
        };
        requestAnimationFrame(step);
      })`);
    }

    it(`loads less than ${FIRST_LOAD_BYTES / 1_000} KB, compressed, to sign in and see the overview`, async () => {
      const session = await visitor.context.newCDPSession(visitor.page);
      await session.send('Network.enable');
      let bytes = 0;
      session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
      await visitor.signIn();
      await visitor.page.getByText(/Every credential is fresh|Needs attention/).waitFor();
      expect(bytes).toBeGreaterThan(50_000);
      expect(bytes).toBeLessThan(FIRST_LOAD_BYTES);
      await session.detach();
      const start = performance.now();
      await visitor.page.reload();
      await visitor.page.getByRole('heading', { name: 'Overview' }).waitFor();
      console.info(
        `first load ${bytes} bytes; the overview again in ${Math.round(performance.now() - start)} ms`,
      );
    });

    it.each([
      ['/credentials', 'Credentials'],
      ['/requests', 'Requests'],
    ])('has only what is in sight of %s in the page, however far one scrolls', async (view, list) => {
      await visitor.go(view);
      await visitor.page
        .getByRole('region', { name: list, exact: true })
        .getByRole('listitem')
        .first()
        .waitFor();
      const place = () =>
        visitor.page
          .getByRole('region', { name: list, exact: true })
          .getByRole('listitem')
          .last()
          .getAttribute('aria-posinset')
          .then(Number);
      const took: number[] = [];
      for (let scrolls = 0; scrolls < MOST_SCROLLS && (await place()) < DEPTH; scrolls++) {
        took.push(...(await scroll(list, 20)));
      }
      expect(await place()).toBeGreaterThanOrEqual(DEPTH);
      expect(await elements()).toBeLessThan(MOST_ELEMENTS);
      took.sort((one, other) => one - other);
      const at = (share: number) => Math.round(took[Math.floor((took.length - 1) * share)] ?? 0);
      console.info(
        `${list}: ${took.length} frames, half within ${at(0.5)} ms, 95 % ${at(0.95)}, 99 % ${at(0.99)}`,
      );
    });

    it('hears of one refresh without reading its long list again', async () => {
      const { page } = visitor;
      await visitor.go('/credentials');
      const region = page.getByRole('region', { name: 'Credentials', exact: true });
      await region.getByRole('listitem').first().waitFor();
      const far = async (): Promise<boolean> => {
        await scroll('Credentials', 20);
        return Number(await region.getByRole('listitem').last().getAttribute('aria-posinset')) > 400;
      };
      await eventually(far, 40_000);
      const asked: string[] = [];
      page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      const read = page.waitForResponse((response) =>
        response.url().endsWith('/api/oauth/tokens/person-00001'),
      );
      await publish({ credential: 'person-00001', generation: 2 });
      await read;
      await page.waitForTimeout(500);
      expect(asked.filter((path) => path === '/api/oauth/tokens')).toEqual([]);
    });

    it('finds one request among all of them', async () => {
      const { page } = visitor;
      await visitor.go('/requests');
      await page.getByRole('textbox', { name: 'Key, model or id' }).fill(`req-${ROWS - 15_000}`);
      await page
        .getByRole('button')
        .filter({ hasText: `person-${(ROWS - 15_000) % 500}` })
        .first()
        .waitFor();
      await expect.poll(elements, { timeout: 20_000 }).toBeLessThan(MOST_ELEMENTS);
    });
  },
);
