import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IsInt, IsNotEmpty, IsString, Max, Min } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { EnvironmentInvalid, readEnvironment, ServiceEnvironment } from './environment.js';

class Sample extends ServiceEnvironment {
  @IsInt() @Min(0) @Max(65_535) PORT = 8080;
  @IsInt() override MANAGEMENT_PORT = 9080;
  @IsString() @IsNotEmpty() SAMPLE_SECRET!: string;
}

const enough = { MUXGATE_ACCESS_KEYS: 'k1:abc', SAMPLE_SECRET: 's3cret' };

function problemsOf(source: Record<string, string>): readonly string[] {
  try {
    readEnvironment(Sample, source);
  } catch (error) {
    if (error instanceof EnvironmentInvalid) return error.problems;
    throw error;
  }
  return [];
}

describe('readEnvironment', () => {
  it('keeps defaults, converts numbers and takes what is given', () => {
    expect(readEnvironment(Sample, { ...enough, PORT: '9999' })).toMatchObject({
      PORT: 9999,
      MANAGEMENT_PORT: 9080,
      HOST: '0.0.0.0',
      SAMPLE_SECRET: 's3cret',
    });
  });

  it('treats an empty variable as absent', () => {
    expect(readEnvironment(Sample, { ...enough, PORT: '' }).PORT).toBe(8080);
  });

  it('names every problem at once, by variable', () => {
    const problems = problemsOf({ PORT: 'many', LOG_LEVEL: 'loud' });
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'LOG_LEVEL',
      'MUXGATE_ACCESS_KEYS',
      'PORT',
      'SAMPLE_SECRET',
    ]);
    expect(problems).toContain('SAMPLE_SECRET: is required but not set');
  });

  it('never repeats a value, it may be a secret', () => {
    expect(problemsOf({ ...enough, PORT: 'hunter2' }).join()).not.toContain('hunter2');
  });

  it('reads NAME_FILE without its final line end', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'mxg-')), 'secret');
    writeFileSync(file, 'from-file\n');
    const { SAMPLE_SECRET: _dropped, ...rest } = enough;
    expect(readEnvironment(Sample, { ...rest, SAMPLE_SECRET_FILE: file }).SAMPLE_SECRET).toBe('from-file');
  });

  it('refuses a variable that is given both ways, and a file that cannot be read', () => {
    expect(problemsOf({ ...enough, SAMPLE_SECRET_FILE: '/nowhere' })).toEqual([
      'SAMPLE_SECRET: given twice, as SAMPLE_SECRET and as SAMPLE_SECRET_FILE; keep one',
    ]);
    expect(problemsOf({ MUXGATE_ACCESS_KEYS: 'k', SAMPLE_SECRET_FILE: '/nowhere/x' })).toEqual([
      'SAMPLE_SECRET: cannot read the file that SAMPLE_SECRET_FILE names (ENOENT)',
    ]);
  });
});
