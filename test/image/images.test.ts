import { beforeAll, describe, expect, it } from 'vitest';
import { connectSandbox } from '../../scripts/launcher/connect-sandbox.ts';
import { nodeFlags } from '../../scripts/launcher/node-flags.ts';
import { SERVICES } from '../../scripts/launcher/service-environment.ts';
import { eventually } from '../support/wait.ts';
import { startContainers } from './container-stack.ts';
import { whyNoContainers } from './container-tools.ts';
import { buildImages, imageOf, inspectImage, pathsIn } from './images.ts';

/** It takes some minutes, which MUXGATE_TEST_IMAGES=0 saves. */
const reason = process.env['MUXGATE_TEST_IMAGES'] === '0' ? 'MUXGATE_TEST_IMAGES is 0' : whyNoContainers();

/** The client is in a container too: container talks to container. */
const CLIENT = `const { URL: url, KEY, BODY: body } = process.env;
const headers = { 'x-api-key': KEY, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
const answer = await fetch(url, { method: 'POST', headers, body });
console.log(answer.status, await answer.text());`;

describe.skipIf(reason !== undefined)(
  `images by buildah and podman${reason ? ` (skipped: ${reason})` : ''}`,
  () => {
    beforeAll(buildImages, 900_000);

    it.each(SERVICES)(
      '%s: no shell, no package manager, a user without rights, exec form, labels, SBOM',
      async (service) => {
        const { User, Labels, Config, Size } = await inspectImage(imageOf(service));
        expect(User).toBe('65532:65532');
        expect(Config.Entrypoint).toEqual([
          '/usr/bin/node',
          ...nodeFlags(service),
          '--enable-source-maps',
          `/app/dist/services/${service}/src/main.js`,
        ]);
        expect(Labels).toMatchObject({
          'org.opencontainers.image.version': '1.2.3',
          'org.opencontainers.image.revision': 'abc',
        });
        const paths = await pathsIn(imageOf(service));
        expect(paths).toContain('/app/sbom.cdx.json');
        expect(
          paths.filter((path) => /\/(sh|bash|dash|busybox|npm|npx|apt|\.env|\.npmrc)$/.test(path)),
        ).toEqual([]);
        note(`${service}: ${(Size / 1e6).toFixed(0)} MB`);
      },
    );

    it('run without rights on a read-only root, and on a private network connect, call and refresh', async () => {
      const stack = await startContainers();
      const tokens = async () => {
        const response = await fetch(`${stack.authUrl}/api/oauth/tokens/sandbox`, {
          headers: { authorization: `Bearer ${stack.adminToken}` },
        });
        return (await response.json()) as { status: string; generation: number };
      };
      await connectSandbox(stack);
      expect(await tokens()).toMatchObject({ status: 'active' });
      const { generation } = await tokens();

      const ask = (path: string, body: object): Promise<string> =>
        stack.network.runOnce(
          imageOf('gateway'),
          [
            '--entrypoint=/usr/bin/node',
            `--env=URL=${stack.gatewayUrl}${path}`,
            `--env=KEY=${stack.clientKey}`,
            `--env=BODY=${JSON.stringify({ max_tokens: 16, messages: [{ role: 'user', content: 'Hello' }], ...body })}`,
          ],
          ['--input-type=module', '--eval', CLIENT],
        );
      const answer = await ask('/v1/messages', { model: 'claude-sandbox', stream: true });
      expect(answer).toMatch(/^200 event: message_start[\s\S]*message_stop/);
      // estimated in a thread of its own, by code that no import names
      expect(await ask('/v1/messages/count_tokens', { model: 'gpt-sandbox' })).toMatch(
        /^200 {"input_tokens":\d+/,
      );

      // loaded only where a collector is named
      const traces = `await import('/app/dist/libs/tracing/src/sdk.js'); console.log('traces')`;
      const loaded = ['--input-type=module', '--eval', traces];
      expect(await stack.network.runOnce(imageOf('gateway'), ['--entrypoint=/usr/bin/node'], loaded)).toBe(
        'traces',
      );

      await eventually(
        async () => expect((await tokens()).generation).toBeGreaterThan(generation),
        60_000,
        500,
      );
      for (const page of ['/docs/swagger-ui-bundle.js', '/console']) {
        const response = await fetch(`${stack.authUrl}${page}`);
        expect([page, response.status]).toEqual([page, 200]);
        await response.body?.cancel();
      }
      for (const service of SERVICES) {
        const container = stack.containers[service];
        note(`${service}: ready after ${stack.readyMs[service]} ms, ${await container.residentMiB()} MiB`);
        expect(await container.logs()).not.toMatch(/"level":[456]0/);
        expect(await container.stop()).toBe(0);
      }
    });
  },
);

function note(text: string): void {
  process.stdout.write(`   ${text}\n`);
}
