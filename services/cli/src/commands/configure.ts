import { Command } from 'commander';
import { AdminApi } from '../api.js';
import { action, examples, type CommandParts } from '../command.js';
import { usageFailure } from '../failure.js';
import { isInteractive } from '../io.js';
import { askText } from '../prompts.js';
import { takeSecret } from '../secret-input.js';
import { webUrl } from '../settings.js';
import { readStoredSettings, settingsPath, writeStoredSettings } from '../settings-file.js';

export function configureCommand(parts: CommandParts): Command {
  return new Command('configure')
    .description('Keep the URLs and the admin token in a file that only you can read')
    .option('--no-check', 'do not try the token before it is kept')
    .addHelpText(
      'after',
      `
The file is $XDG_CONFIG_HOME/muxgate/config.json, else ~/.config/muxgate/config.json. Flags and the environment come
before it. A token that is kept goes only to the URL that is kept beside it.
${examples('muxgate configure', 'pass muxgate/admin | muxgate configure --url https://muxgate.example --token-file -')}`,
    )
    .action(
      action<{ check: boolean }>(parts, async ({ io, out, options }, { check }) => {
        const stored = await readStoredSettings(io).catch(() => undefined);
        const asks = isInteractive(io);
        const ask = async (
          given: string | undefined,
          name: string,
          question: string,
          initialValue?: string,
        ) => {
          if (given !== undefined || !asks) return given;
          const answer = await askText(io, question, {
            initialValue,
            validate: (value) => mistakeIn(value, name === '--url'),
          });
          return answer === '' ? undefined : answer;
        };
        const url = await ask(options.url, '--url', 'URL of the auth service', stored?.url);
        if (url === undefined)
          throw usageFailure('Where is the auth service?', 'muxgate configure --url <url>');
        const gatewayUrl = await ask(
          options.gatewayUrl,
          '--gateway-url',
          'URL of the gateway, for muxgate status (may be left empty)',
          stored?.gatewayUrl,
        );
        const adminToken = await takeSecret(io, options.tokenFile, '--token-file', 'Admin token');
        const settings = {
          url: webUrl(url, '--url'),
          ...(gatewayUrl === undefined ? {} : { gatewayUrl: webUrl(gatewayUrl, '--gateway-url') }),
          adminToken,
        };
        if (settings.url.startsWith('http:') && !isLocal(settings.url)) {
          out.say(
            `${out.aside('warn', 'note')} the token travels unencrypted to ${settings.url}: prefer https.`,
          );
        }
        if (check) {
          const trial = new AdminApi(io, () => Promise.resolve({ ...settings, gatewayUrl, source: '--url' }));
          await trial.get('/api/oauth/providers');
        }
        await writeStoredSettings(io, settings);
        const path = settingsPath(io);
        out.result({ path, url: settings.url, gatewayUrl, checked: check }, () => `Kept in ${path}.`);
      }),
    );
}

function mistakeIn(value: string | undefined, required: boolean): string | undefined {
  if (!value?.trim()) return required ? 'It cannot be empty.' : undefined;
  return URL.canParse(value) && /^https?:/.test(value) ? undefined : 'It must be an http:// or https:// URL.';
}

function isLocal(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
}
