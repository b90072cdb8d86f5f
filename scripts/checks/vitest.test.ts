import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from './check-result.ts';
import { runVitest } from './vitest.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const IMPORT = `import { beforeAll, describe, expect, it } from 'vitest';\n`;

/** What vitest says of these, each in a file of its own. */
const FILES = {
  fails: `it('adds', () => expect({ sum: 2 }).toEqual({ sum: 3 }));`,
  hook: `describe('a network', () => {
    beforeAll(() => { throw new Error('the subnet is taken'); });
    it('carries', () => {});
    describe('cut', () => void it('heals', () => {}));
  });
  describe.skip('another (skipped: no root)', () => void it('carries too', () => {}));`,
  load: `import './not-there.ts';`,
  passes: `it('works', () => {});`,
  retried: `let tries = 0; it('comes round', { retry: 1 }, () => expect(++tries).toBe(2));`,
  unhandled: `it('works', () => void Promise.reject(new Error('nobody waited')));`,
};

describe('runVitest', () => {
  let directory: string;

  beforeAll(async () => {
    // Inside the checkout, where `vitest` is found.
    await mkdir(join(ROOT, 'node_modules/.cache'), { recursive: true });
    directory = await mkdtemp(join(ROOT, 'node_modules/.cache/vitest-'));
    for (const [name, text] of Object.entries(FILES))
      await writeFile(join(directory, `${name}.check.ts`), IMPORT + text);
    await writeFile(
      join(directory, 'vitest.config.ts'),
      `export default { test: { include: ['*.check.ts'] } };`,
    );
  });
  afterAll(() => rm(directory, { recursive: true }));

  const ran = (name: string): Promise<CheckResult> =>
    runVitest(ROOT, ['--root', directory, `${name}.check.ts`], {
      signal: AbortSignal.timeout(30_000),
      shown: false,
    });

  it('counts what passed', async () => {
    expect(await ran('passes')).toEqual({ passed: 1, failed: [], skipped: [], retried: [] });
  });

  it('names a test that failed, with its reason and its place', async () => {
    const { passed, failed } = await ran('fails');
    expect(passed).toBe(0);
    expect(failed).toEqual([expect.stringMatching(/^fails\.check\.ts > adds\n {4}AssertionError: .+/)]);
    expect(failed[0]).toContain('"sum": 3');
    expect(failed[0]).toContain('fails.check.ts:2');
  });

  it('names a hook that failed, and does not call its tests skipped', async () => {
    const { failed, skipped } = await ran('hook');
    expect(failed).toEqual([expect.stringMatching(/^hook\.check\.ts > a network\n {4}Error: the subnet is/)]);
    expect(skipped).toEqual(['another (skipped: no root) > carries too']);
  });

  it('names a file that cannot be loaded', async () => {
    expect((await ran('load')).failed).toEqual([expect.stringMatching(/^load\.check\.ts\n.+not-there/)]);
  });

  it('names what nobody waited for, though every test passed', async () => {
    const { passed, failed } = await ran('unhandled');
    expect(passed).toBe(1);
    expect(failed).toEqual([expect.stringMatching(/^outside any test\n {4}Error: nobody waited/)]);
  });

  it('names what passed only when it was tried again', async () => {
    const { passed, failed, retried } = await ran('retried');
    expect({ passed, failed }).toEqual({ passed: 1, failed: [] });
    expect(retried).toEqual([expect.stringContaining('comes round')]);
  });

  it('fails when vitest ran nothing', async () => {
    expect((await ran('nothing-of-this-name')).failed).toEqual([
      expect.stringContaining('ended with code 1'),
    ]);
  });
});
