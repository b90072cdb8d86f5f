import { beforeAll, describe, expect, it } from 'vitest';
import { connectSandbox } from '../../scripts/launcher/connect-sandbox.ts';
import { nodeFlags } from '../../scripts/launcher/node-flags.ts';
import { SERVICES } from '../../scripts/launcher/service-environment.ts';
import { eventually } from '../support/wait.ts';
import { startContainers } from './container-stack.ts';
import { whyNoContainers } from './container-tools.ts';
import { buildImages, imageOf, inspectImage, pathsIn } from './images.ts';

/** It takes two minutes, so it is asked for: MUXGATE_TEST_IMAGES=1 */
const reason =
  process.env['MUXGATE_TEST_IMAGES'] === '1'
    ? whyNoContainers()
    : 'set MUXGATE_TEST_IMAGES=1 to build images';

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

      const call = `const r = await fetch(process.env.URL, { method: 'POST', headers: { 'x-api-key': process.env.KEY, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' }, body: JSON.stringify({ model: 'claude-sandbox', max_tokens: 16, stream: true, messages: [{ role: 'user', content: 'Hello' }] }) }); console.log(r.status, await r.text())`;
      const client = [
        '--entrypoint=/usr/bin/node',
        `--env=URL=${stack.gatewayUrl}/v1/messages`,
        `--env=KEY=${stack.clientKey}`,
      ];
      const answer = await stack.network.runOnce(imageOf('gateway'), client, [
        '--input-type=module',
        '--eval',
        call,
      ]);
      expect(answer).toMatch(/^200 event: message_start[\s\S]*message_stop/);

      await eventually(
        async () => expect((await tokens()).generation).toBeGreaterThan(generation),
        60_000,
        500,
      );
      const docs = await fetch(`${stack.authUrl}/docs/swagger-ui-bundle.js`);
      expect(docs.status).toBe(200);
      await docs.body?.cancel();
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
