import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { buildSnapshot } from './build-snapshot.js';
import { checkConsole } from './check-console.js';
import { checkOAuthProviders } from './check-oauth-providers.js';
import { checkCredentialHeaders, checkProviders } from './check-providers.js';
import { checkReferences } from './check-references.js';
import { checkWebhooks } from './check-webhooks.js';
import { ConfigInvalid } from './config-invalid.js';
import type { ConfigDocument } from './document.js';
import type { Reader } from './field.js';
import type { Environment } from './interpolate.js';
import { loadPlugins } from './load-plugins.js';
import { Mistakes } from './mistakes.js';
import { NO_PLUGINS, type Plugins } from './plugins.js';
import { readDocument } from './read-document.js';
import { readYaml } from './read-yaml.js';
import type { ConfigSnapshot } from './snapshot.types.js';

export interface ParseOptions {
  /** As mistakes name it. */
  readonly fileName?: string;
  readonly revision?: number;
  /** Those that the process has loaded. */
  readonly plugins?: Plugins;
  /** Secrets that this service has no use for stay unresolved; without one all must be there. */
  readonly reader?: Reader;
}

/**
 * A configuration's text → a snapshot. Code is loaded only when a process starts: a text that names other plugins than
 * the process has is mistaken.
 *
 * @throws ConfigInvalid with every mistake
 */
export function parseConfig(
  yamlText: string,
  env: Environment,
  { fileName, revision = 0, plugins = NO_PLUGINS, reader }: ParseOptions = {},
): ConfigSnapshot {
  const { document, mistakes } = readText(yamlText, env, fileName, reader);
  const named = document.plugins ?? [];
  if (!mistakes.has('plugins') && !isDeepStrictEqual(named, plugins.modules))
    mistakes.add(
      'plugins',
      `takes effect at a restart with this file; loaded are [${plugins.modules.join(', ')}]`,
    );
  return complete(document, mistakes, plugins, fileName, revision);
}

/**
 * Reads and parses a file, and loads the plugins that it names.
 * @throws ConfigInvalid, also when the file cannot be read
 */
export async function loadConfig(file: string, env: Environment, reader?: Reader): Promise<LoadedConfig> {
  const { document, mistakes } = readText(await readFileText(file), env, file, reader);
  const plugins = mistakes.has('plugins')
    ? NO_PLUGINS
    : await loadPlugins(document.plugins, dirname(resolve(file)), mistakes);
  return { snapshot: complete(document, mistakes, plugins, file, 0), plugins };
}

export interface LoadedConfig {
  readonly snapshot: ConfigSnapshot;
  readonly plugins: Plugins;
}

function readText(
  yamlText: string,
  env: Environment,
  fileName: string | undefined,
  reader: Reader | undefined,
): { document: ConfigDocument; mistakes: Mistakes } {
  const yaml = readYaml(yamlText);
  if ('problems' in yaml) throw new ConfigInvalid(yaml.problems, fileName);
  const mistakes = new Mistakes();
  checkCredentialHeaders(yaml.value, mistakes);
  return { document: readDocument(yaml.value, env, mistakes, reader), mistakes };
}

function complete(
  document: ConfigDocument,
  mistakes: Mistakes,
  plugins: Plugins,
  fileName: string | undefined,
  revision: number,
): ConfigSnapshot {
  checkProviders(document, plugins.providerPresets, mistakes);
  checkOAuthProviders(document, plugins.oauthPresets, mistakes);
  checkReferences(document, mistakes);
  checkWebhooks(document, mistakes);
  checkConsole(document, mistakes);
  if (mistakes.all.length > 0) throw new ConfigInvalid(mistakes.all, fileName);
  return buildSnapshot(document, revision, plugins);
}

async function readFileText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ConfigInvalid([missing ? 'there is no such file' : 'the file cannot be read'], file);
  }
}
