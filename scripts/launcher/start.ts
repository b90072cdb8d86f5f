// `npm start`, under Node 24. Run through scripts/start.mjs, which installs what is missing.
import { fileURLToPath } from 'node:url';
import { StartRefused } from './data-dir.ts';
import { launch } from './launch.ts';
import { terminalOutput } from './output.ts';
import { helpText } from './variables.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const output = terminalOutput();
const stopping = new AbortController();
const stop = () => stopping.abort();
// A second signal comes when a terminal or npm signals us and our parent at once; it changes nothing.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
process.on('disconnect', stop);

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  output.print(helpText());
  process.exit(0);
}
try {
  process.exit(await launch(root, process.env, output, stopping.signal));
} catch (error) {
  if (stopping.signal.aborted) process.exit(0);
  if (!(error instanceof StartRefused)) throw error;
  output.log(error.message);
  process.exit(1);
}
