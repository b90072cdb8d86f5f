import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VERSION } from './version.js';

const modulePath = new URL('./service.ts', import.meta.url).pathname;

/** Runs a main function in a process of its own, since runService owns the process's exit. */
async function run(
  main: string,
  act?: (child: ReturnType<typeof spawn>) => void,
): Promise<{ code: number; out: string }> {
  const file = join(mkdtempSync(join(tmpdir(), 'mxg-')), 'main.mts');
  const errors = new URL('./errors.ts', import.meta.url).pathname;
  writeFileSync(
    file,
    `import { runService } from ${JSON.stringify(modulePath)};\nimport { InvalidInput } from ${JSON.stringify(errors)};\n${main}`,
  );
  const child = spawn(
    process.execPath,
    ['--import', resolveJsAsTs, '--experimental-transform-types', '--no-warnings', file],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  let out = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    if (out.includes('READY')) {
      act?.(child);
      act = undefined;
    }
  });
  child.stderr!.on('data', (chunk: Buffer) => (out += chunk.toString()));
  // not 'close': Node 24 never emits it once the parent itself has cut the IPC channel
  const [[code]] = (await Promise.all([once(child, 'exit'), once(child.stdout!, 'end')])) as unknown as [
    [number],
  ];
  return { code, out };
}

/** The sources import each other as `.js`; Node's own type stripping wants `.ts`. */
const resolveJsAsTs = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from 'node:module';
registerHooks({
  resolve(specifier, context, next) {
    try { return next(specifier, context); }
    catch (error) { if (specifier.endsWith('.js')) return next(specifier.slice(0, -3) + '.ts', context); throw error; }
  },
});`)}`;

const logger = '{ debug() {}, info() {}, warn() {}, error() {} }';

describe('runService', () => {
  it('prints every problem of a bad configuration and exits 78', async () => {
    const { code, out } = await run(
      `runService('x', () => Promise.reject(new InvalidInput('the file', ['a: wrong', 'b: worse'], 'config_invalid')));`,
    );
    expect(code).toBe(78);
    expect(out).toContain('a: wrong');
    expect(out).toContain('b: worse');
  });

  it('runs the stop steps once and in order on two signals, leaves a hanging step behind, and exits 0', async () => {
    const { code, out } = await run(
      `runService('x', async () => { setTimeout(() => console.log('READY'), 50); setInterval(() => {}, 1000); return { logger: ${logger}, stop: [
        { name: 'a', run: () => new Promise((r) => setTimeout(() => { console.log('stop-a'); r(); }, 200)) },
        { name: 'b', run: () => new Promise(() => {}), timeoutMs: 50 },
        { name: 'c', run: () => { console.log('stop-c'); } } ] }; });`,
      (child) => {
        child.kill('SIGTERM');
        child.kill('SIGINT');
      },
    );
    expect(code).toBe(0);
    expect(out.match(/stop-\w/g)).toEqual(['stop-a', 'stop-c']);
  });

  it('stops when the parent that supervises it is gone', async () => {
    const { code, out } = await run(
      `runService('x', async () => { setTimeout(() => console.log('READY'), 50); setInterval(() => {}, 1000); return { logger: ${logger}, stop: [{ name: 'a', run: () => { console.log('stop-a'); } }] }; });`,
      (child) => child.disconnect(),
    );
    expect(code).toBe(0);
    expect(out).toContain('stop-a');
  });
});

describe('the version', () => {
  it('is the one that package.json carries', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(VERSION).toBe(manifest.version);
  });
});
