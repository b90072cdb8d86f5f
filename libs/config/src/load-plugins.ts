import { importPlugin, type Imported } from '@muxgate/plugins';
import { isCredentialHeader } from './check-providers.js';
import { checkUrlSafety } from './check-url.js';
import { deepFreeze } from './freeze.js';
import { join, type Mistakes } from './mistakes.js';
import { PluginDocument } from './plugin.document.js';
import { NO_PLUGINS, type PluginHooks, type Plugins } from './plugins.js';
import { readShape } from './read-document.js';

/**
 * The plugins that a configuration names; what is wrong with them goes to `mistakes`, and a plugin with mistakes adds
 * nothing.
 *
 * @param directory where relative paths begin
 */
export async function loadPlugins(
  modules: readonly string[],
  directory: string,
  mistakes: Mistakes,
): Promise<Plugins> {
  if (modules.length === 0) return NO_PLUGINS;
  const imported = await Promise.all(modules.map((name) => importPlugin(name, directory)));
  const plugins = new Map<string, PluginDocument>();
  const presets = new Set(
    [...NO_PLUGINS.providerPresets, ...NO_PLUGINS.oauthPresets].map(({ name }) => name),
  );
  for (const [index, name] of modules.entries()) {
    const path = `plugins[${index}]`;
    const plugin = readPlugin(imported[index] as Imported, name, path, mistakes);
    if (plugins.has(plugin.name))
      mistakes.add(join(path, 'name'), `another plugin is named "${plugin.name}" too`);
    checkPresets(plugin, path, presets, mistakes);
    if (!mistakes.has(path)) plugins.set(plugin.name, plugin);
  }
  const all = [...plugins.values()];
  return deepFreeze({
    modules: [...modules],
    providerPresets: [...NO_PLUGINS.providerPresets, ...all.flatMap((plugin) => plugin.providerPresets)],
    oauthPresets: [...NO_PLUGINS.oauthPresets, ...all.flatMap((plugin) => plugin.oauthPresets)],
    hooks: all.map(hooksOf).filter((hooks) => Object.keys(hooks).length > 1),
  }) as Plugins;
}

function readPlugin(imported: Imported, name: string, path: string, mistakes: Mistakes): PluginDocument {
  if ('problem' in imported) {
    mistakes.reject(path, `"${name}" ${imported.problem}`);
    return new PluginDocument();
  }
  // what a plugin says is code, not a file: nothing of the environment is put into it
  return readShape(imported.value, PluginDocument, path, {}, mistakes);
}

function checkPresets(plugin: PluginDocument, path: string, taken: Set<string>, mistakes: Mistakes): void {
  for (const list of ['oauthPresets', 'providerPresets'] as const)
    for (const [index, { name }] of (plugin[list] ?? []).entries()) {
      if (taken.has(name))
        mistakes.add(`${path}.${list}[${index}].name`, `there is a preset "${name}" already`);
      taken.add(name);
    }
  for (const [index, { quirks }] of (plugin.oauthPresets ?? []).entries())
    checkHeaders(quirks?.upstreamHeaders, `${path}.oauthPresets[${index}].quirks.upstreamHeaders`, mistakes);
  for (const [index, { baseUrl, headers }] of (plugin.providerPresets ?? []).entries()) {
    const here = `${path}.providerPresets[${index}]`;
    checkUrlSafety(baseUrl, false, join(here, 'baseUrl'), mistakes);
    checkHeaders(headers, join(here, 'headers'), mistakes);
  }
}

function checkHeaders(headers: Record<string, string> = {}, path: string, mistakes: Mistakes): void {
  for (const name of Object.keys(headers))
    if (isCredentialHeader(name))
      mistakes.add(join(path, name), 'carries credentials, which a preset must not hold');
}

function hooksOf({ name, requestHeaders, responseHeaders }: PluginDocument): PluginHooks {
  return {
    name,
    ...(requestHeaders === undefined ? {} : { requestHeaders }),
    ...(responseHeaders === undefined ? {} : { responseHeaders }),
  };
}
