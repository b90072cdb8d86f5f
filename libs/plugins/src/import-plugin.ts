import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '@muxgate/runtime';

/** A module may do work while it loads; one that never ends must not keep a service from saying so. */
const DEADLINE_MS = 10_000;
const PACKAGE = /^(?:@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*(?:\/[\w.-]+)*$/i;

export type Imported = { readonly value: unknown } | { readonly problem: string };

/**
 * A module's default export, or why there is none.
 *
 * @param name a path (`./`, `../` or `/` in front) that begins at `directory`, or a package that is installed beside Muxgate
 */
export async function importPlugin(name: string, directory: string): Promise<Imported> {
  const path = /^\.{0,2}\//.test(name);
  if (!path && !PACKAGE.test(name))
    return { problem: 'is neither a path that begins with "./", "../" or "/" nor the name of a package' };
  const specifier = path ? pathToFileURL(resolve(directory, name)).href : name;
  try {
    const module = await inTime(import(/* @vite-ignore */ specifier) as Promise<object>);
    if (!('default' in module)) return { problem: 'has no default export' };
    return { value: module.default };
  } catch (error) {
    return { problem: `cannot be loaded: ${messageOf(error)}` };
  }
}

async function inTime(module: Promise<object>): Promise<object> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${DEADLINE_MS / 1000} s`)), DEADLINE_MS);
  });
  try {
    return await Promise.race([module, late]);
  } finally {
    clearTimeout(timer);
  }
}
