import 'reflect-metadata';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ConfigSnapshot } from '../../libs/config/src/index.ts';
import type { ExampleRequest } from './summary.ts';

type ConfigLibrary = typeof import('../../libs/config/src/index.ts');

/** Reads the configuration as the services will, so that every mistake is known before anything is started. */
export async function checkConfig(
  root: string,
  file: string,
  host: string,
  env: Record<string, string | undefined>,
): Promise<{ snapshot: ConfigSnapshot } | { problems: readonly string[] }> {
  // The built one: sources need the compiler for their decorators.
  const library = (await import(
    pathToFileURL(join(root, 'dist/libs/config/src/index.js')).href
  )) as ConfigLibrary;
  try {
    const { snapshot } = await library.loadConfig(file, env);
    library.assertAuthenticationSafe(snapshot, host);
    return { snapshot };
  } catch (error) {
    if (error instanceof library.ConfigInvalid) return { problems: error.problems };
    throw error;
  }
}

const PATHS = {
  'anthropic-messages': '/v1/messages',
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
} as const;

/** The first of the models that one of our surfaces reaches without translation; Anthropic's first. */
export function chooseExample(
  models: readonly string[],
  snapshot: ConfigSnapshot,
): ExampleRequest | undefined {
  for (const [protocol, path] of Object.entries(PATHS)) {
    const model = models.find((name) =>
      snapshot.models
        .get(name)
        ?.targets.some(({ provider }) => snapshot.providers.get(provider)?.protocol === protocol),
    );
    if (model !== undefined) return { path, model };
  }
  return undefined;
}
