/** What still runs; one listener for all of it, since Node warns of more than ten. */
const running = new Set<() => void>();
process.once('exit', () => {
  for (const end of running) end();
});

/**
 * Registers a clean-up where a thing is made. Inside a test (or beforeEach) it runs when that test ends;
 * made in beforeAll, or outside vitest (bench), it runs when the process ends, so `atExit` has to be synchronous.
 */
export async function registerTeardown(stop: () => Promise<void>, atExit: () => void): Promise<void> {
  running.add(atExit);
  if (!process.env['VITEST']) return;
  const { onTestFinished } = await import('vitest');
  try {
    onTestFinished(async () => {
      await stop();
      running.delete(atExit);
    }, 30_000);
  } catch {
    // Not inside a test: the exit handler does it.
  }
}
