import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerTeardown } from './teardown.ts';

/** A directory of its own that is gone after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'muxgate-test-'));
  const options = { recursive: true, force: true, maxRetries: 3 };
  await registerTeardown(
    () => rm(directory, options),
    () => rmSync(directory, options),
  );
  return directory;
}
