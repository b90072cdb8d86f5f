import { Command } from 'commander';
import { action, count, examples, pointInTime, type CommandParts } from '../command.js';
import { EXIT } from '../failure.js';
import type { Tone } from '../output/text.js';

interface AuditRecord {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly outcome: string;
  readonly from?: string;
  readonly details?: unknown;
}

interface AuditOptions {
  readonly limit: number;
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly since?: string;
  readonly until?: string;
  readonly outcome?: string;
  readonly verify?: boolean;
}

interface Chain {
  readonly ok: boolean;
  readonly entries: number;
  readonly seq: number;
  readonly hash: string;
  readonly problem?: { readonly seq: number; readonly what: string };
}

export function auditCommand(parts: CommandParts): Command {
  return new Command('audit')
    .description('Show what was changed or refused, by whom and from where; newest first')
    .option('--limit <n>', 'at most so many', count, 50)
    .option('--actor <name>', 'only of this admin token')
    .option('--action <action>', 'only this, such as client-key.create')
    .option('--subject <id>', 'only about this credential, key or provider')
    .option('--since <when>', 'not before: a span such as 24h, or a date')
    .option('--until <when>', 'not after: likewise')
    .option('--outcome <outcome>', 'only with this outcome, such as failure')
    .option('--verify', 'check instead that no record was changed or taken out; exit code 1 when one was')
    .addHelpText(
      'after',
      examples('muxgate audit', 'muxgate audit --since 7d --action credential.connect --limit 1000 --json'),
    )
    .action(
      action<AuditOptions>(parts, async ({ api, out, io, exitWith }, { limit, since, until, ...filters }) => {
        if (filters.verify === true) {
          const chain = await api.get<Chain>('/api/audit/verify');
          out.fields(chain, chainFields(chain));
          if (!chain.ok) exitWith(EXIT.refused);
          return;
        }
        const ago = (when: string | undefined) => when && pointInTime(when, io.now(), 'ago');
        const query = {
          actor: filters.actor,
          action: filters.action,
          subject: filters.subject,
          outcome: filters.outcome,
          from: ago(since),
          to: ago(until),
        };
        const items = await api.list<AuditRecord>('/api/audit', query, limit);
        out.list(
          items,
          [
            { title: 'WHEN', value: (record) => out.time(record.at) },
            { title: 'WHO', value: (record) => record.actor },
            { title: 'WHAT', value: (record) => record.action },
            { title: 'ON', value: (record) => record.subject },
            {
              title: 'OUTCOME',
              value: (record) => record.outcome,
              tone: (record) => (record.outcome === 'success' ? 'good' : 'bad'),
            },
            { title: 'FROM', value: (record) => record.from },
            { title: 'DETAILS', value: (record) => detailsOf(record.details) },
          ],
          'Nothing of the kind is recorded.',
        );
      }),
    );
}

function detailsOf(details: unknown): string {
  if (typeof details !== 'object' || details === null) return '';
  return Object.entries(details)
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' ');
}

function chainFields({ ok, entries, seq, hash, problem }: Chain): Array<[string, unknown, Tone?]> {
  return [
    ['chain', ok ? 'sound' : 'broken', ok ? 'good' : 'bad'],
    ['records', entries],
    ['newest', seq],
    ['hash', hash],
    ['problem', problem && `record ${problem.seq}: ${problem.what}`, 'bad'],
  ];
}
