import { readFile } from 'node:fs/promises';
import { buildSnapshot } from './build-snapshot.js';
import { checkConsole } from './check-console.js';
import { checkOAuthProviders } from './check-oauth-providers.js';
import { checkCredentialHeaders, checkProviders } from './check-providers.js';
import { checkReferences } from './check-references.js';
import { checkWebhooks } from './check-webhooks.js';
import { ConfigInvalid } from './config-invalid.js';
import type { Environment } from './interpolate.js';
import { Mistakes } from './mistakes.js';
import { readDocument } from './read-document.js';
import { readYaml } from './read-yaml.js';
import type { ConfigSnapshot } from './snapshot.types.js';

/**
 * The configuration file's text → a snapshot.
 * @throws ConfigInvalid with every mistake
 */
export function parseConfig(
  yamlText: string,
  env: Environment,
  fileName?: string,
  revision = 0,
): ConfigSnapshot {
  const yaml = readYaml(yamlText);
  if ('problems' in yaml) throw new ConfigInvalid(yaml.problems, fileName);
  const mistakes = new Mistakes();
  checkCredentialHeaders(yaml.value, mistakes);
  const document = readDocument(yaml.value, env, mistakes);
  checkProviders(document, mistakes);
  checkOAuthProviders(document, mistakes);
  checkReferences(document, mistakes);
  checkWebhooks(document, mistakes);
  checkConsole(document, mistakes);
  if (mistakes.all.length > 0) throw new ConfigInvalid(mistakes.all, fileName);
  return buildSnapshot(document, revision);
}

/** Reads and parses a file. @throws ConfigInvalid, also when the file cannot be read */
export async function loadConfig(file: string, env: Environment): Promise<ConfigSnapshot> {
  return parseConfig(await readText(file), env, file);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ConfigInvalid([missing ? 'there is no such file' : 'the file cannot be read'], file);
  }
}
