import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { parser } from '@prometheus-io/lezer-promql';

export interface ParsedQuery {
  /** Names of the series that it reads. */
  readonly series: readonly string[];
  /** Where the grammar gave up, as the text there. */
  readonly mistakes: readonly string[];
}

export function parseQuery(query: string): ParsedQuery {
  const series: string[] = [];
  const mistakes: string[] = [];
  parser.parse(query).iterate({
    enter(node) {
      if (node.type.isError) mistakes.push(query.slice(Math.max(0, node.from - 20), node.to + 20));
      if (node.type.name === 'VectorSelector') {
        const name = node.node.getChild('Identifier');
        if (name !== null) series.push(query.slice(name.from, name.to));
      }
    },
  });
  return { series, mistakes };
}

export interface PanelQuery {
  readonly panel: string;
  /** As Prometheus gets it: Grafana's variables have been replaced. */
  readonly query: string;
}

/** Every query of a dashboard, with all providers chosen and this rate interval. */
export function queriesOf(dashboard: Dashboard, interval: string): PanelQuery[] {
  return (dashboard.panels ?? []).filter(isPanel).flatMap(({ title = '', targets = [] }) =>
    targets.map((target) => ({
      panel: title,
      query: (target as unknown as { readonly expr: string }).expr
        .replaceAll('$__rate_interval', interval)
        .replaceAll('$__range', interval)
        .replaceAll('$provider', '.*'),
    })),
  );
}

function isPanel(panel: object): panel is Panel {
  return !('collapsed' in panel);
}
