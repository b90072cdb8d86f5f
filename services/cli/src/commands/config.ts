import { Command } from 'commander';
import { segment, type AdminApi } from '../api.js';
import { action, count, examples, type CommandParts } from '../command.js';
import { EXIT, Failure } from '../failure.js';
import { plain, type Paint } from '../output/text.js';
import { confirmed } from '../prompts.js';
import { readInput } from '../secret-input.js';

interface Revision {
  readonly revision: number;
  readonly at: string;
  readonly by: string;
  readonly source: string;
  readonly comment?: string;
}

/** What is in force, as `GET /api/config` shows it. */
type Current = Revision & { readonly text: string };

interface Validation {
  readonly valid: boolean;
  readonly mistakes: ReadonlyArray<{ readonly path: string; readonly message: string }>;
  /** unified diff against what is in force */
  readonly diff: string;
}

interface Committed {
  readonly revision: number;
  readonly changed: boolean;
}

const YAML = 'application/yaml';

export function configCommand(parts: CommandParts): Command {
  const config = new Command('config').description(
    'Look at the configuration and change it, revision by revision',
  );
  config
    .command('get')
    .description('Print the configuration that is in force, as YAML')
    .addHelpText(
      'after',
      examples('muxgate config get > muxgate.yaml', 'muxgate config get --json | jq .replicas'),
    )
    .action(
      action(parts, async ({ api, out }) => {
        const current = await api.get<Current>('/api/config');
        out.result(current, () => current.text);
      }),
    );
  config
    .command('validate')
    .description('Check a file against the server, and name every mistake')
    .argument('<file>', 'YAML, - for stdin')
    .addHelpText(
      'after',
      `\nExit code 1 when it has mistakes.\n${examples('muxgate config validate muxgate.yaml')}`,
    )
    .action(
      action(parts, async ({ api, out, io }, _options, file) => {
        const validation = await validate(api, await readInput(io, file, 'file'));
        out.result(validation, () => (validation.diff === '' ? 'No mistakes, no changes.' : 'No mistakes.'));
      }),
    );
  config
    .command('diff')
    .description('Show what a file would change')
    .argument('<file>', 'YAML, - for stdin')
    .addHelpText(
      'after',
      `\nExit code 0 when nothing would change, 1 when something would, as diff has it.\n${examples('muxgate config diff muxgate.yaml')}`,
    )
    .action(
      action(parts, async ({ api, out, io, exitWith }, _options, file) => {
        const validation = await validate(api, await readInput(io, file, 'file'));
        out.result(validation, () => painted(validation.diff, out.paint) || 'Nothing would change.');
        if (validation.diff !== '') exitWith(EXIT.refused);
      }),
    );
  config
    .command('apply')
    .description('Put a file in force as a new revision, everywhere within two seconds')
    .argument('<file>', 'YAML, - for stdin')
    .option('--comment <text>', 'why, for the history')
    .addHelpText(
      'after',
      `\nShows the difference and asks first. Refused when somebody else changed the configuration meanwhile.\n${examples('muxgate config apply muxgate.yaml --comment "more Haiku for CI"', 'muxgate config apply muxgate.yaml --yes --json')}`,
    )
    .action(
      action<{ comment?: string }>(parts, async ({ api, out, io, options }, { comment }, file) => {
        const ifMatch = await etagInForce(api);
        const text = await readInput(io, file, 'file');
        const { diff } = await validate(api, text);
        if (!out.json && diff !== '') out.say(painted(diff, (tone, line) => out.aside(tone, line)));
        if (diff !== '') await confirmed(io, options.yes, 'Put this in force?');
        const { body } = await api.call<Committed>('PUT', '/api/config', {
          raw: { text, type: YAML },
          query: { comment },
          headers: { 'if-match': ifMatch },
        });
        out.result(body, () =>
          body.changed
            ? `Revision ${body.revision} is in force.`
            : `Nothing changes: revision ${body.revision} says the same.`,
        );
      }),
    );
  addHistory(config, parts);
  return config;
}

function addHistory(config: Command, parts: CommandParts): void {
  config
    .command('history')
    .description('List the revisions, newest first')
    .option('--limit <n>', 'at most so many', count, 20)
    .addHelpText('after', examples('muxgate config history'))
    .action(
      action<{ limit: number }>(parts, async ({ api, out }, { limit }) => {
        const items = await api.list<Revision>('/api/config/revisions', {}, limit);
        out.list(
          items,
          [
            { title: 'REVISION', value: (each) => each.revision, align: 'right' },
            { title: 'WHEN', value: (each) => out.time(each.at) },
            { title: 'WHO', value: (each) => each.by },
            { title: 'SOURCE', value: (each) => each.source },
            { title: 'COMMENT', value: (each) => each.comment },
          ],
          'There is no revision yet.',
        );
      }),
    );
  config
    .command('show')
    .description('Show one revision and what it changed')
    .argument('<revision>', 'its number')
    .option('--against <revision>', 'compare with this one (default: the one before)', count)
    .addHelpText('after', examples('muxgate config show 41', 'muxgate config show 41 --json | jq -r .text'))
    .action(
      action<{ against?: number }>(parts, async ({ api, out }, { against }, revision) => {
        const shown = await api.get<Current & { diff: string }>(pathOf(revision), { against });
        out.result(shown, () => painted(shown.diff, out.paint) || 'It changed nothing.');
      }),
    );
  config
    .command('restore')
    .description('Put an older revision in force again, as a new one')
    .argument('<revision>', 'its number')
    .addHelpText('after', examples('muxgate config restore 41'))
    .action(
      action(parts, async ({ api, out, io, options }, _options, revision) => {
        const ifMatch = await etagInForce(api);
        await confirmed(io, options.yes, `Put revision ${revision} in force again?`);
        const { body } = await api.call<Committed>('POST', `${pathOf(revision)}/restore`, {
          body: {},
          headers: { 'if-match': ifMatch },
        });
        out.result(body, () => `Revision ${body.revision} is in force; it equals ${revision}.`);
      }),
    );
}

/** Throws when there are mistakes, with all of them. */
async function validate(api: AdminApi, text: string): Promise<Validation> {
  const { body } = await api.call<Validation>('POST', '/api/config/validate', { raw: { text, type: YAML } });
  if (body.valid) return body;
  throw new Failure('The configuration has mistakes.', {
    code: 'config_invalid',
    exitCode: EXIT.refused,
    problems: body.mistakes.map(({ path, message }) =>
      [plain(path), plain(message)].filter(Boolean).join(': '),
    ),
  });
}

/** What a change is based on: the server refuses it when another came first. */
async function etagInForce(api: AdminApi): Promise<string> {
  const { headers } = await api.call('GET', '/api/config');
  return headers.get('etag') ?? '*';
}

function painted(diff: string, paint: Paint): string {
  return diff
    .trimEnd()
    .split('\n')
    .map((line) => {
      if (line.startsWith('+') && !line.startsWith('+++')) return paint('good', line);
      if (line.startsWith('-') && !line.startsWith('---')) return paint('bad', line);
      return line.startsWith('@@') ? paint('dim', line) : line;
    })
    .join('\n');
}

function pathOf(revision: string): string {
  return `/api/config/revisions/${segment(revision)}`;
}
