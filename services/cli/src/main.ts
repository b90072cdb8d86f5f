import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { run } from './run.js';

const stopping = new AbortController();
// once: a second Ctrl-C ends the process at once, as people expect of it
process.once('SIGINT', () => stopping.abort());

// a reader that has seen enough (`| head`) is no fault of ours
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  homeDirectory: homedir(),
  checkout: fileURLToPath(new URL('../../../../', import.meta.url)),
  platform: process.platform,
  now: Date.now,
  signal: stopping.signal,
});
