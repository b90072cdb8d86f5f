import { readFileSync } from 'node:fs';

export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;
const ONE_PLAIN_REFERENCE = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/;

/** Whether a text is nothing but `${NAME}`: no literal part, no literal default. */
export function isPlainReference(text: string): boolean {
  return ONE_PLAIN_REFERENCE.test(text);
}

export function isOneReference(text: string): boolean {
  return text.replace(REFERENCE, '') === '' && text.indexOf('${') === text.lastIndexOf('${');
}

/**
 * Replaces `${NAME}` and `${NAME:-default}` (the default also stands in for an empty value). `NAME_FILE` names a file
 * that holds the value. What is put in is never read again, so it can hold `${` itself.
 */
export function interpolate(text: string, env: Environment, mistake: (says: string) => void): string {
  const rest = text.replace(REFERENCE, '');
  if (rest.includes('${')) mistake('"${" must begin a reference such as "${NAME}" or "${NAME:-default}"');
  return text.replace(REFERENCE, (_, name: string, fallback: string | undefined) => {
    const value = readVariable(name, env, mistake);
    if (fallback !== undefined && (value === undefined || value === '')) return fallback;
    if (value === undefined) mistake(`the environment variable ${name} is not set`);
    return value ?? '';
  });
}

function readVariable(name: string, env: Environment, mistake: (says: string) => void): string | undefined {
  const file = Object.hasOwn(env, `${name}_FILE`) ? env[`${name}_FILE`] : undefined;
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined || file === undefined) return value;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch {
    mistake(`the file that ${name}_FILE names cannot be read`);
    return '';
  }
}
