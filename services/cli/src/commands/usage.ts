import { Command } from 'commander';
import { action, examples, pointInTime, type CommandParts } from '../command.js';
import { usageFailure } from '../failure.js';
import type { Column } from '../output/table.js';

const GROUPS = ['key', 'team', 'model', 'provider', 'day'];

interface UsageOptions {
  readonly from: string;
  readonly to?: string;
  readonly by: string;
  readonly csv?: boolean;
}

type Row = Readonly<Record<string, unknown>>;

export function usageCommand(parts: CommandParts): Command {
  return new Command('usage')
    .description('Show requests, tokens and cost')
    .option('--from <when>', 'a span back from now, such as 7d, or a date', '30d')
    .option('--to <when>', 'likewise (default: now)')
    .option('--by <groups>', `what to group by: ${GROUPS.join(', ')}, separated by commas`, 'team,model')
    .option('--csv', 'print CSV')
    .addHelpText(
      'after',
      examples(
        'muxgate usage',
        'muxgate usage --from 2026-11-01 --to 2026-12-01 --by key --csv > november.csv',
      ),
    )
    .action(
      action<UsageOptions>(parts, async ({ api, out, io }, { from, to, by, csv }) => {
        const groups = by.split(',').map((group) => group.trim());
        const unknown = groups.find((group) => !GROUPS.includes(group));
        if (unknown !== undefined) throw usageFailure(`"${unknown}" is no group: use ${GROUPS.join(', ')}.`);
        const query = {
          from: pointInTime(from, io.now(), 'ago'),
          to: to && pointInTime(to, io.now(), 'ago'),
          groupBy: groups.join(','),
        };
        if (csv === true) {
          const { body } = await api.call<string>('GET', '/api/usage', {
            query: { ...query, format: 'csv' },
          });
          out.print(body);
          return;
        }
        const items = await api.list<Row>('/api/usage', query);
        const rows = items.map((row) => flat(row));
        out.list(rows, columnsOf(rows, groups), 'Nothing was used in this time.');
      }),
    );
}

/** `{tokens: {input: 1}}` → `{'tokens.input': 1}`. */
function flat(row: Row, prefix = ''): Row {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null
        ? Object.entries(flat(value as Row, `${prefix}${name}.`))
        : [[prefix + name, value]],
    ),
  );
}

function columnsOf(rows: readonly Row[], groups: readonly string[]): Column<Row>[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return names.map((name) => ({
    title: name.replace(/^.*\./, '').toUpperCase(),
    value: (row) => row[name],
    ...(groups.includes(name) ? {} : { align: 'right' as const }),
  }));
}
