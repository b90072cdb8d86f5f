import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { exampleCurl } from './summary.ts';

it.each([
  ['/v1/messages', 'messages'],
  ['/v1/chat/completions', 'messages'],
  ['/v1/responses', 'input'],
] as const)('the curl line for %s is one shell command with a JSON body that streams', (path, field) => {
  const line = exampleCurl('http://127.0.0.1:1', "k'ey", { path, model: "o'model" });
  const words = execFileSync('sh', ['-c', `curl() { printf '%s\\0' "$@"; }; ${line}`], {
    encoding: 'utf8',
  }).split('\0');
  expect(words).toContain(`http://127.0.0.1:1${path}`);
  expect(words).toContain("authorization: Bearer k'ey");
  const body = JSON.parse(words[words.indexOf('-d') + 1] ?? '') as Record<string, unknown>;
  expect(body).toMatchObject({ model: "o'model", stream: true });
  expect(body).toHaveProperty(field);
});
