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
  /** Of the panel, in Grafana's words: `stat` is one figure, `timeseries` a graph. */
  readonly type: string;
  readonly legend: string;
  /** As Prometheus gets it: Grafana's variables have been replaced. */
  readonly query: string;
}

/** Every query of a dashboard as Grafana asks it, with all providers chosen: of this rate interval and time range. */
export function queriesOf(dashboard: Dashboard, interval: string, range = interval): PanelQuery[] {
  return (dashboard.panels ?? []).filter(isPanel).flatMap(({ title = '', type, targets = [] }) =>
    (targets as unknown as { readonly expr: string; readonly legendFormat: string }[]).map(
      ({ expr, legendFormat }) => ({
        panel: title,
        type,
        legend: legendFormat,
        query: expr
          .replaceAll('$__rate_interval', interval)
          .replaceAll('$__range', range)
          .replaceAll('$provider', '.*'),
      }),
    ),
  );
}

/** The labels that a legend names, such as `{{provider}}`. */
export function labelsOfLegend(legend: string): string[] {
  return [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label as string);
}

/** What the variables of a dashboard ask Prometheus for: the values of a label. */
export function labelQueriesOf(dashboard: Dashboard): { readonly series: string; readonly label: string }[] {
  return (dashboard.templating?.list ?? []).flatMap(({ type, name, query }) => {
    if (type !== 'query') return [];
    const text = typeof query === 'string' ? query : JSON.stringify(query);
    const [, series, label] = /^label_values\((\w+), (\w+)\)$/.exec(text) ?? [];
    if (series === undefined || label === undefined)
      throw new Error(`variable ${name} asks for more than the values of a label: ${text}`);
    return { series, label };
  });
}

function isPanel(panel: object): panel is Panel {
  return !('collapsed' in panel);
}
