import { Command } from 'commander';
import { segment } from '../api.js';
import { action, collect, examples, type CommandParts } from '../command.js';
import { EXIT, Failure } from '../failure.js';
import type { Output } from '../output/output.js';
import { confirmed } from '../prompts.js';
import { readInput, takeSecret } from '../secret-input.js';
import { importCredentials, readExport, type ImportOutcome } from '../transfer/import.js';
import { privateKeyFrom, publicKeyFrom } from '../transfer/keys.js';

/** A stored API key, as the API shows it. */
interface StoredKey {
  readonly credential: string;
  readonly generation: number;
  readonly fingerprint?: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
}

export function credentialsCommand(parts: CommandParts): Command {
  const credentials = new Command('credentials').description(
    'Keep upstream API keys in the vault, and move sealed credentials between clusters',
  );
  credentials
    .command('list')
    .description('List stored API keys, without the keys')
    .addHelpText('after', examples('muxgate credentials list'))
    .action(
      action(parts, async ({ api, out }) => {
        const items = await api.list<StoredKey>('/api/credentials');
        out.list(
          items,
          [
            { title: 'CREDENTIAL', value: (key) => key.credential },
            { title: 'GEN', value: (key) => key.generation, align: 'right' },
            { title: 'FINGERPRINT', value: (key) => key.fingerprint },
            { title: 'UPDATED', value: (key) => out.time(key.updatedAt) },
            { title: 'BY', value: (key) => key.updatedBy },
          ],
          'No API key is stored yet: muxgate credentials set <credential>',
        );
      }),
    );
  credentials
    .command('set')
    .description('Store an upstream API key, or replace it')
    .argument('<credential>', 'id that a provider names: auth: {type: storedKey, credential: <id>}')
    .option('--value-file <file>', 'file that holds the key, - for stdin (default: asked for)')
    .addHelpText(
      'after',
      examples(
        'muxgate credentials set openai-prod',
        'vault read -field=key secret/openai | muxgate credentials set openai-prod --value-file -',
      ),
    )
    .action(
      action<{ valueFile?: string }>(parts, async ({ api, out, io }, { valueFile }, credential) => {
        const value = await takeSecret(io, valueFile, '--value-file', `The API key of ${credential}`);
        const stored = await api.send<StoredKey>('PUT', pathOf(credential), { value });
        out.result(stored, () => `Stored ${stored.credential}, generation ${stored.generation}.`);
      }),
    );
  credentials
    .command('delete')
    .description('Forget a stored API key; it stays valid at its vendor')
    .argument('<credential>', 'its id')
    .addHelpText('after', examples('muxgate credentials delete openai-old --yes'))
    .action(
      action(parts, async ({ api, out, io, options }, _options, credential) => {
        await confirmed(
          io,
          options.yes,
          `Forget the API key "${credential}"? Requests that need it will fail.`,
        );
        await api.send('DELETE', pathOf(credential));
        out.result({ credential, deleted: true }, () => 'Forgotten. Revoke it at its vendor as well.');
      }),
    );
  addTransfer(credentials, parts);
  return credentials;
}

function addTransfer(credentials: Command, parts: CommandParts): void {
  credentials
    .command('export')
    .description('Print credentials sealed to a public key, as lines of JSON')
    .argument('[credential...]', 'their ids (default: all)')
    .requiredOption('--to <file>', 'public key, as JWK or PEM; - for stdin')
    .addHelpText(
      'after',
      `\nOnly the holder of the private key can open what is printed.\n${examples('muxgate credentials export --to backup.pub.pem > credentials.jsonl', 'muxgate --url https://old.example credentials export --to new.jwk > move.jsonl')}`,
    )
    .action(
      action<{ to: string }>(parts, async ({ api, out, io }, { to }, ids) => {
        const publicKey = publicKeyFrom(await readInput(io, to, '--to'), to);
        const wanted = ids as unknown as readonly string[];
        const { body } = await api.call<string>('POST', '/api/credentials/export', {
          body: { publicKey, ...(wanted.length === 0 ? {} : { credentials: wanted }) },
          headers: { accept: 'application/x-ndjson' },
        });
        const { items, skipped } = readExport(body, 'the answer of the server');
        out.print(body);
        out.say(`${items.length} exported, ${skipped.length} skipped.`);
        for (const { credential, reason } of skipped) out.say(`  skipped ${credential}: ${reason}`);
      }),
    );
  credentials
    .command('import-key')
    .description('Print the public key that exports for this server are sealed to')
    .addHelpText('after', examples('muxgate --url https://new.example credentials import-key > new.jwk'))
    .action(
      action(parts, async ({ api, out }) => {
        const { publicKey } = await api.get<{ publicKey: unknown }>('/api/credentials/import-key');
        out.print(JSON.stringify(publicKey));
      }),
    );
  credentials
    .command('import')
    .description('Bring in what was exported')
    .argument('<file>', 'the export, - for stdin')
    .option('--private-key <file>', 'opens an export that was sealed to a key of your own, on this machine')
    .option('--only <credential>', 'just this one; may be repeated', collect)
    .option('--replace', 'replace credentials that are there already (default: they are skipped)')
    .option('--dry-run', 'say what would happen, change nothing')
    .addHelpText(
      'after',
      `\nAn export that was sealed to the key of \`import-key\` is sent as it is. One that was sealed to a key of your own\nneeds --private-key: it is opened here and sealed anew to the server; the private key never leaves this machine.\n${examples('muxgate credentials import move.jsonl --dry-run', 'muxgate credentials import credentials.jsonl --private-key backup.pem --yes')}`,
    )
    .action(
      action<ImportOptions>(parts, async (invocation, options, file) => {
        const { io, out } = invocation;
        const { items } = readExport(await readInput(io, file, 'file'), file);
        const chosen = items.filter(
          ({ credential }) => options.only === undefined || options.only.includes(credential),
        );
        if (options.dryRun !== true) {
          await confirmed(
            io,
            options.yes,
            `Import ${chosen.length} credentials${options.replace ? ' and replace those that are there' : ''}?`,
          );
        }
        const outcomes = await importCredentials(invocation.api, chosen, {
          dryRun: options.dryRun === true,
          onConflict: options.replace === true ? 'replace' : 'skip',
          privateKey:
            options.privateKey === undefined
              ? undefined
              : privateKeyFrom(await readInput(io, options.privateKey, '--private-key'), options.privateKey),
        });
        showOutcomes(invocation.out, outcomes);
        const refused = outcomes.filter(({ outcome }) => outcome === 'refused').length;
        if (refused > 0) {
          throw new Failure(`${refused} of ${outcomes.length} were refused.`, {
            code: 'import_refused',
            exitCode: EXIT.refused,
          });
        }
        out.say(options.dryRun === true ? 'Nothing was changed: a dry run.' : 'Done.');
      }),
    );
}

interface ImportOptions {
  readonly privateKey?: string;
  readonly only?: readonly string[];
  readonly replace?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

function showOutcomes(out: Output, outcomes: readonly ImportOutcome[]): void {
  out.list(
    outcomes,
    [
      { title: 'CREDENTIAL', value: (each) => each.credential },
      {
        title: 'OUTCOME',
        value: (each) => each.outcome,
        tone: (each) => (each.outcome === 'refused' ? 'bad' : each.outcome === 'skipped' ? 'warn' : 'good'),
      },
      { title: 'REASON', value: (each) => each.reason },
    ],
    'The export holds none of these credentials.',
  );
}

function pathOf(credential: string): string {
  return `/api/credentials/${segment(credential)}`;
}
