import { Command, Option } from 'commander';
import { action, collect, examples, parseJson, type CommandParts } from '../command.js';
import { EXIT, usageFailure } from '../failure.js';
import { renderFields, renderTable } from '../output/table.js';
import { readInput } from '../secret-input.js';

interface Explanation {
  readonly rule: string;
  readonly model: string;
  readonly why: string;
  readonly targets: ReadonlyArray<{
    readonly provider: string;
    readonly model: string;
    readonly priority: number;
    readonly weight: number;
    readonly state: 'first' | 'next' | 'resting' | 'unable';
    readonly why: string;
  }>;
  readonly refusal?: { readonly status: number; readonly code: string; readonly message: string };
}

interface ExplainOptions {
  readonly header?: readonly string[];
  readonly client?: string;
  readonly surface?: string;
}

const TONES = { first: 'good', next: undefined, resting: 'warn', unable: 'bad' } as const;

export function routeCommand(parts: CommandParts): Command {
  const route = new Command('route').description('Find out where the gateway would send a request');
  route
    .command('explain')
    .description('Say which rule, model and targets would serve a request, and why; nothing is sent upstream')
    .argument('<file>', 'the body of the request as JSON, - for stdin')
    .option('-H, --header <name: value>', 'a header of the request; may be repeated', collect)
    .option('--client <id>', 'id of the client key that would send it (default: a client that may do all)')
    .addOption(
      new Option('--surface <surface>', 'the API it would be sent to (default: anthropic-messages)').choices([
        'anthropic-messages',
        'openai-chat',
        'openai-responses',
      ]),
    )
    .addHelpText(
      'after',
      `\nExit code 1 when the gateway would refuse the request.\n${examples('muxgate route explain request.json', `echo '{"model":"claude-sonnet","messages":[]}' | muxgate route explain - -H 'x-team: ci'`)}`,
    )
    .action(
      action<ExplainOptions>(parts, async ({ api, out, io, exitWith }, options, file) => {
        const { client, surface, header = [] } = options;
        const body = parseJson(await readInput(io, file, 'file'), file === '-' ? 'stdin' : file);
        const answer = await api.send<Explanation>('POST', '/api/route/explain', {
          body,
          headers: Object.fromEntries(header.map(headerOf)),
          ...(client === undefined ? {} : { client }),
          ...(surface === undefined ? {} : { surface }),
        });
        out.result(answer, () => {
          const { refusal } = answer;
          const summary = renderFields(
            [
              ['rule', answer.rule, 'strong'],
              ['model', answer.model],
              ['why', answer.why],
              ['refused', refusal && `${refusal.status} ${refusal.code}: ${refusal.message}`, 'bad'],
            ],
            out.paint,
          );
          const targets = renderTable(
            answer.targets,
            [
              { title: 'PROVIDER', value: (target) => target.provider },
              { title: 'MODEL', value: (target) => target.model },
              { title: 'PRIORITY', value: (target) => target.priority, align: 'right' },
              { title: 'WEIGHT', value: (target) => target.weight, align: 'right' },
              { title: 'STATE', value: (target) => target.state, tone: (target) => TONES[target.state] },
              { title: 'WHY', value: (target) => target.why },
            ],
            out.style,
          );
          return answer.targets.length === 0 ? summary : `${summary}\n\n${targets}`;
        });
        if (answer.refusal) exitWith(EXIT.refused);
      }),
    );
  return route;
}

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw usageFailure(`"${line}" is no header: write name: value.`);
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}
