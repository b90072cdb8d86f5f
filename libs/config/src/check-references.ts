import type { ConfigDocument } from './document.js';
import { join, type Mistakes } from './mistakes.js';
import type { RouterSection } from './router.document.js';
import { didYouMean } from './suggest.js';

/** Names are unique, and what is named exists. */
export function checkReferences(document: ConfigDocument, mistakes: Mistakes): void {
  checkUnique(document.oauthProviders, 'oauthProviders', 'OAuth provider', mistakes);
  checkUnique(document.webhooks, 'webhooks', 'webhook', mistakes);
  checkUnique(document.clients.teams, 'clients.teams', 'team', mistakes);
  checkUnique(document.clients.keys, 'clients.keys', 'key', mistakes);
  checkHashes(document.clients.keys, mistakes);
  const models = checkUnique(document.models, 'models', 'model', mistakes);
  const providers = checkUnique(document.providers, 'providers', 'provider', mistakes);
  for (const [index, model] of document.models.entries()) {
    if (model.targets?.length === 0)
      mistakes.add(`models[${index}].targets`, 'must hold at least one target');
    for (const [position, target] of (model.targets ?? []).entries()) {
      checkNamed(
        target.provider,
        providers,
        `models[${index}].targets[${position}].provider`,
        'provider',
        mistakes,
      );
    }
  }
  checkRouter(document.router, models, mistakes);
}

function checkRouter(router: RouterSection, models: ReadonlySet<string>, mistakes: Mistakes): void {
  for (const entry of ['default', 'webSearch', 'think', 'background', 'image'] as const) {
    checkNamed(router[entry], models, `router.${entry}`, 'model', mistakes);
  }
  checkNamed(router.longContext?.model, models, 'router.longContext.model', 'model', mistakes);
  if (router.autoMap !== undefined && router.default === undefined) {
    mistakes.add('router.default', 'is missing: autoMap maps to it');
  }
  checkUnique(router.rules, 'router.rules', 'rule', mistakes);
  for (const [index, rule] of router.rules.entries()) {
    const path = `router.rules[${index}]`;
    checkNamed(rule.use, models, join(path, 'use'), 'model', mistakes);
    const when = join(path, 'when');
    const conditions = Object.values(rule.when ?? {}).filter((condition) => condition !== undefined);
    if (conditions.length === 0 && !mistakes.has(when))
      mistakes.add(when, 'must hold at least one condition');
  }
}

function checkHashes(keys: readonly { name?: string; hash?: string }[], mistakes: Mistakes): void {
  const owners = new Map<string, string>();
  for (const [index, { name = '', hash }] of keys.entries()) {
    if (hash === undefined) continue;
    const owner = owners.get(hash);
    if (owner !== undefined) mistakes.add(`clients.keys[${index}].hash`, `is the key of "${owner}" too`);
    owners.set(hash, name);
  }
}

function checkUnique(
  entries: readonly { name?: string }[],
  path: string,
  kind: string,
  mistakes: Mistakes,
): Set<string> {
  const names = new Set<string>();
  for (const [index, { name }] of entries.entries()) {
    if (name === undefined) continue;
    if (names.has(name)) mistakes.add(`${path}[${index}].name`, `there is another ${kind} named "${name}"`);
    names.add(name);
  }
  return names;
}

function checkNamed(
  name: string | undefined,
  known: ReadonlySet<string>,
  path: string,
  kind: string,
  mistakes: Mistakes,
): void {
  if (name === undefined || known.has(name)) return;
  mistakes.add(path, `no ${kind} is named "${name}"${didYouMean(name, known)}`);
}
