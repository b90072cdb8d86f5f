// A load on what `npm start` runs, under Node 24. Run through scripts/load.mjs.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { installationOf } from './installation.ts';
import { beginLoad, REPEATABLE } from './load.ts';

const HELP = `node scripts/load.mjs: healthy traffic and every kind of trouble, on a running \`npm start\` with the sandbox vendor.

  --seconds N   ends after so many; 120
  --data DIR    the data directory of npm start; .muxgate, or MUXGATE_DATA_DIR

The configuration gets models, providers and a webhook named load…, and is restored in the end, as are keys,
teams and credentials.
`;
/** Two scrapes of a Prometheus that scrapes every 15 s see each figure change. */
const PAUSE_MS = 10_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    data: { type: 'string', default: process.env['MUXGATE_DATA_DIR'] ?? '.muxgate' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const seconds = Number(values.seconds);
if (!(seconds > 0)) {
  process.stderr.write('--seconds takes a number above 0\n');
  process.exit(2);
}
const installation = await installationOf(values.data).catch((error: unknown) => {
  process.stderr.write(`There is no npm start running in ${values.data} (${String(error)}).\n`);
  return process.exit(1);
});
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

const load = await beginLoad(installation);
const deadline = Date.now() + seconds * 1_000;
const isOver = () => Date.now() >= deadline || stopping.signal.aborted;
const pause = async (): Promise<void> => {
  const ms = Math.max(0, Math.min(PAUSE_MS, deadline - Date.now()));
  await delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
};
try {
  await load.make('tokensAreRevoked');
  let rounds = 0;
  do {
    await pause();
    await load.make(...REPEATABLE);
    rounds += 1;
    process.stdout.write(`round ${rounds} of troubles made\n`);
  } while (!isOver());
} finally {
  await load.end();
}
process.stdout.write('the load is over, what it made is gone\n');
process.exit(0);
