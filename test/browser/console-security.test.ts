import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, NO_CHROMIUM } from '../../scripts/checks/chromium.ts';
import { startUpstream, type FakeUpstream } from '../contract/gateway.support.ts';
import { startConsole, type ConsoleWorld, type Visitor } from './console.support.ts';
import { VIEWS } from './views.ts';

const executablePath = chromiumPath();
const VIEWER = 'mxa_test_viewer_token_of_this_stack_only_0123';

/** What somebody sees only who may do something, by view. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  '/credentials': ['Connect'],
  '/credentials/keys': ['Store a key'],
  '/credentials/invitations': ['Invite a person'],
  '/credentials/oauth/sandbox': ['Refresh now', 'Re-authorize', 'Revoke and forget'],
  '/routing': ['Test first'],
  '/routing/models': ['Review changes'],
  '/config': ['Review and apply'],
  '/config/history/1': ['Restore'],
  '/try': ['Send'],
  '/keys': ['New key'],
  '/keys/teams': ['New team'],
  '/settings': ['Re-seal all under the first key'],
};

/** What a viewer may ask for though it is no GET: these change nothing, or only what is their own. */
const HARMLESS = [
  /^POST \/api\/(config\/validate|route\/explain)$/,
  /^(POST|DELETE) \/api\/session/,
  // whoever holds the link of an invitation may follow it; it knows no session
  /^POST \/invite\//,
];

describe.skipIf(executablePath === undefined)(
  `the console keeps others out${executablePath === undefined ? ` (skipped: ${NO_CHROMIUM})` : ''}`,
  () => {
    let world: ConsoleWorld;
    let admin: Visitor;
    let viewer: Visitor;
    beforeAll(async () => {
      const adminTokens = [
        `root:admin:${hash('sha256', 'mxa_test_admin_token_of_this_stack_only_0123')}`,
        `looker:viewer:${hash('sha256', VIEWER)}`,
      ].join();
      world = await startConsole(executablePath ?? '', {
        env: { auth: { MUXGATE_ADMIN_TOKENS: adminTokens } },
      });
      admin = await world.visitor();
      await admin.signIn();
      viewer = await world.visitor();
      await viewer.signIn(VIEWER);
    });
    afterAll(() => world?.stop());

    /** A page of somebody else, on another port of this machine: for cookies the same site, for us another origin. */
    const foreignPage = (html: string): Promise<FakeUpstream> =>
      startUpstream((_request, response) => {
        response.setHeader('content-type', 'text/html');
        response.end(html);
      });

    const keyNames = async (): Promise<string[]> => {
      const { body } = await world.stack.admin('GET', '/api/keys?limit=1000');
      return (body as { items: { name: string }[] }).items.map(({ name }) => name);
    };

    describe('its policy', () => {
      it('lets in nothing unsafe, and a style only with the nonce of this answer', async () => {
        const policies = await Promise.all(
          [0, 1].map(async () => (await fetch(`${world.url}/`)).headers.get('content-security-policy') ?? ''),
        );
        expect(policies[0]).not.toMatch(/unsafe|\*|https?:/);
        expect(policies[0]).toContain("default-src 'none'");
        expect(policies[0]).toContain("script-src 'self';");
        expect(policies[0]).not.toBe(policies[1]);
      });

      it('keeps a script out that got into the page', async () => {
        const victim = await world.visitor();
        await victim.signIn(VIEWER);
        const ran = await victim.page.evaluate(`new Promise((resolve) => {
          const [place, script] = ['div', 'script'].map((name) => document.createElement(name));
          place.innerHTML = '<img src=x onerror="globalThis.ran = true">';
          script.textContent = 'globalThis.ran = true';
          document.body.append(place, script);
          setTimeout(() => resolve('ran' in globalThis), 300);
        })`);
        expect(ran).toBe(false);
        expect(victim.complaints.join()).toContain('Content Security Policy');
        await victim.context.close();
      });
    });

    it('is in nobody’s frame', async () => {
      const foreign = await foreignPage(`<iframe src="${world.url}/keys"></iframe>`);
      const trap = await admin.context.newPage();
      const refusals: string[] = [];
      trap.on('console', (message) => refusals.push(message.text()));
      await trap.goto(foreign.url);
      await expect.poll(() => refusals.join(), { timeout: 20_000 }).toContain('frame-ancestors');
      expect(trap.frames().some((frame) => frame.url().startsWith(world.url))).toBe(false);
      await trap.close();
      await foreign.close();
      admin.complaints.length = 0;
    });

    it('changes nothing that a page of another origin asks for, though the cookie comes along', async () => {
      const api = world.stack.auth.url;
      const body = JSON.stringify({ name: 'forged' });
      const foreign = await foreignPage(`<form method="post" enctype="text/plain" action="${api}/api/keys">
        <input name='{"name":"forged","owner":"' value='"}'></form>`);
      const trap = await admin.context.newPage();
      await trap.goto(foreign.url);
      const answers = await trap.evaluate(
        async ([address, text]) => {
          const ways: RequestInit[] = [
            { mode: 'no-cors', body: text, headers: { 'content-type': 'text/plain' } },
            { mode: 'cors', body: text, headers: { 'content-type': 'application/json' } },
          ];
          const asked = ways.map((way) =>
            fetch(`${address}/api/keys`, { method: 'POST', credentials: 'include', ...way }).then(
              ({ type }) => type as string,
              () => 'kept back',
            ),
          );
          return Promise.all(asked);
        },
        [api, body] as const,
      );
      expect(answers).toEqual(['kept back', 'kept back']);
      const [posted] = await Promise.all([
        trap.waitForResponse(`${api}/api/keys`),
        trap.evaluate(`document.querySelector('form').submit()`),
      ]);
      expect(posted.status()).toBeGreaterThanOrEqual(400);
      expect(await keyNames()).not.toContain('forged');
      await trap.close();
      await foreign.close();
      admin.complaints.length = 0;
    });

    it('shows its cookie to no script, and takes over none that was planted', async () => {
      const victim = await world.visitor();
      const name = 'muxgate_session';
      const planted = 'P'.repeat(43);
      await victim.context.addCookies([{ name, value: planted, url: world.stack.auth.url }]);
      await victim.signIn(VIEWER);
      const cookie = (await victim.context.cookies()).find((one) => one.name === name);
      expect(cookie?.value).toMatch(/^[\w-]{43}$/);
      expect(cookie?.value).not.toBe(planted);
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
      expect(await victim.page.evaluate('document.cookie')).not.toContain(name);
      const thief = await fetch(`${world.stack.auth.url}/api/session`, {
        headers: { cookie: `${name}=${planted}` },
      });
      expect(thief.status).toBe(401);
      await victim.context.close();
    });

    it('leads nobody elsewhere after the sign-in', async () => {
      const victim = await world.visitor();
      await victim.go(`/sign-in?returnTo=${encodeURIComponent('~//evil.example/')}`);
      const sso = await victim.page.getByRole('link', { name: /Acme/ }).getAttribute('href');
      expect(sso).toBe('/api/sso/login?returnTo=%2Fconsole%2F');
      await victim.page.getByRole('textbox', { name: 'Admin token' }).fill(VIEWER);
      await victim.page.getByRole('button', { name: 'Sign in' }).click();
      await victim.page.getByRole('button', { name: /^looker,? viewer$/ }).waitFor();
      expect(victim.page.url()).toBe(`${world.url}/`);
      expect(victim.complaints).toEqual([]);
      await victim.context.close();
    });

    describe('a role', () => {
      const button = ({ page }: Visitor, name: string) =>
        page.getByRole('button', { name, exact: true }).first();

      it.each(VIEWS)(
        'of %s: an admin may act, a viewer looks, and the policy is content',
        async (view, heading) => {
          const actions = ACTIONS[view] ?? [];
          await admin.open(view, heading);
          for (const name of actions) await button(admin, name).waitFor();
          expect(admin.complaints).toEqual([]);
          await viewer.open(view, heading);
          for (const name of actions) expect(await button(viewer, name).count()).toBe(0);
          expect(viewer.complaints).toEqual([]);
        },
      );

      it('holds behind the page too: whatever changes something is refused to a viewer', async () => {
        await viewer.go('/');
        const { status, body } = await world.stack.admin('GET', '/openapi.json');
        expect(status).toBe(200);
        const { paths } = body as { paths: Record<string, Record<string, unknown>> };
        const changes = Object.entries(paths)
          .flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path]))
          .filter(
            ([method, path]) => method !== 'GET' && !HARMLESS.some((one) => one.test(`${method} ${path}`)),
          )
          .map(([method = '', path = '']) => [method, path.replaceAll(/\{\w+\}/g, '1')] as const);
        expect(changes.length).toBeGreaterThan(20);
        const answers = await viewer.page.evaluate(async (asked) => {
          const { csrfToken } = (await (await fetch('/api/session')).json()) as { csrfToken: string };
          const answer = async ([method, path]: readonly [string, string]) => {
            const response = await fetch(path, {
              method,
              headers: { 'x-csrf-token': csrfToken, 'content-type': 'application/json' },
              body: '{}',
            });
            const { code } = (await response.json().catch(() => ({}))) as { code?: string };
            return `${method} ${path}: ${response.status} ${code}`;
          };
          return Promise.all(asked.map(answer));
        }, changes);
        expect(answers.filter((answer) => !answer.endsWith(': 403 role_required'))).toEqual([]);
      });
    });
  },
);
