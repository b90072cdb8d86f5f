import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

export interface PanelDescription {
  readonly title: string;
  /** What it means to whoever looks at it. */
  readonly about: string;
  /** PromQL by legend; a legend may name labels as `{{provider}}`. */
  readonly queries: Readonly<Record<string, string>>;
  /** Grafana's name of a unit: s, reqps, percentunit, currencyUSD, short … */
  readonly unit: string;
  /** One figure instead of a graph. */
  readonly kind?: 'stat';
  /** Of 24 columns; 8, or 6 for one figure. */
  readonly width?: number;
  readonly stacked?: boolean;
  /** For one figure: from here on it is a warning, and an alarm. */
  readonly bad?: readonly [warning: number, alarm: number];
  /** Holds on the largest value too, such as ratios. */
  readonly max?: number;
  /** Falls below zero, where it says most; others begin their axis there. */
  readonly signed?: boolean;
}

export interface DashboardDescription {
  /** Names the file and the dashboard in URLs. */
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  readonly rows: Readonly<Record<string, readonly PanelDescription[]>>;
}

/** Every query is written for all providers; the variable of each dashboard narrows it down. */
export const PROVIDER = 'provider=~"$provider"';
/** The same for the metrics that OpenTelemetry has named. */
export const GEN_AI_PROVIDER = 'gen_ai_provider_name=~"$provider"';

export function rate(series: string): string {
  return `rate(${series}[$__rate_interval])`;
}

/** Of a histogram, over all that `by` does not name. */
export function quantile(q: number, histogram: string, matcher = '', ...by: string[]): string {
  return `histogram_quantile(${q}, sum by (${['le', ...by].join(', ')}) (${rate(`${histogram}_bucket{${matcher}}`)}))`;
}

const SOURCE = { type: 'prometheus', uid: '${datasource}' };

export function buildDashboard({ uid, title, about, rows }: DashboardDescription): dashboard.Dashboard {
  const built = new dashboard.DashboardBuilder(title)
    .uid(uid)
    .description(about)
    .tags(['muxgate'])
    .timezone('browser')
    .refresh('30s')
    .time({ from: 'now-3h', to: 'now' })
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .link(
      new dashboard.DashboardLinkBuilder('Muxgate')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags(['muxgate'])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(
      new dashboard.DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
    );
  const descriptions = Object.values(rows).flat();
  if (descriptions.some(({ queries }) => Object.values(queries).some((query) => query.includes('$provider'))))
    built.withVariable(
      new dashboard.QueryVariableBuilder('provider')
        .label('Provider')
        .datasource(SOURCE)
        .query('label_values(muxgate_upstream_attempts_total, provider)')
        .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
        .sort(dashboard.VariableSort.AlphabeticalAsc)
        .multi(true)
        .includeAll(true)
        .allValue('.*'),
    );
  for (const [row, panels] of Object.entries(rows)) {
    built.withRow(new dashboard.RowBuilder(row));
    for (const panel of panels) built.withPanel(panelBuilder(panel));
  }
  const made = built.build();
  return {
    ...made,
    // the SDK fills in what only variables of intervals have, which Grafana's own schema refuses elsewhere
    templating: {
      list: (made.templating?.list ?? []).map(
        ({ auto: _auto, auto_min: _min, auto_count: _count, ...variable }) => variable,
      ),
    },
  };
}

function panelBuilder(panel: PanelDescription): stat.PanelBuilder | timeseries.PanelBuilder {
  const builder = panel.kind === 'stat' ? statBuilder(panel) : graphBuilder(panel);
  builder
    .title(panel.title)
    .description(panel.about)
    .datasource(SOURCE)
    .unit(panel.unit)
    .span(panel.width ?? (panel.kind === 'stat' ? 6 : 8))
    .height(panel.kind === 'stat' ? 4 : 8);
  if (!panel.signed) builder.min(0);
  if (panel.max !== undefined) builder.max(panel.max);
  Object.entries(panel.queries).forEach(([legend, expression], index) => {
    const query = new prometheus.DataqueryBuilder()
      .refId(String.fromCodePoint(65 + index))
      .datasource(SOURCE)
      .expr(expression)
      .legendFormat(legend);
    builder.withTarget(panel.kind === 'stat' ? query.instant() : query.range());
  });
  return builder;
}

function statBuilder({ bad }: PanelDescription): stat.PanelBuilder {
  const builder = new stat.PanelBuilder()
    .colorMode(bad === undefined ? common.BigValueColorMode.None : common.BigValueColorMode.Background)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']));
  if (bad === undefined) return builder;
  const [warning, alarm] = bad;
  return builder.thresholds(
    new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps([
      { value: null, color: 'green' },
      { value: warning, color: 'orange' },
      { value: alarm, color: 'red' },
    ]),
  );
}

function graphBuilder({ stacked = false }: PanelDescription): timeseries.PanelBuilder {
  const builder = new timeseries.PanelBuilder()
    .fillOpacity(stacked ? 40 : 8)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi));
  return stacked
    ? builder.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal))
    : builder;
}
