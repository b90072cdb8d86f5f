import { execFileSync } from 'node:child_process';

/**
 * The shared libraries of a program, by the paths under which the loader looks for them. Asked of the loader itself: ldd
 * is a shell script that not every image has.
 */
export function librariesOf(program: string, env: NodeJS.ProcessEnv = {}): string[] {
  const output = execFileSync(program, { encoding: 'utf8', env: { ...env, LD_TRACE_LOADED_OBJECTS: '1' } });
  return output.split('\n').flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}
