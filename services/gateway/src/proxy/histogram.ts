import type { Metric, MetricObjectWithValues, MetricType, MetricValueWithName, Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

export interface HistogramConfiguration {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  /** ascending, in the metric's unit */
  readonly buckets: readonly number[];
  readonly registers: readonly Registry[];
}

/** One series: counts by bucket, the one above all bounds last. */
export class HistogramSeries {
  private readonly counts: Float64Array;
  private sum = 0;

  constructor(
    readonly labels: Labels,
    private readonly bounds: Float64Array,
  ) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** prom-client too shows a series from its first value on. */
  get isEmpty(): boolean {
    return this.counts.every((count) => count === 0);
  }

  observe(value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sum += value;
  }

  /** As Prometheus counts: each bucket holds those below it too. */
  values(name: string): Array<MetricValueWithName<string>> {
    const { labels, bounds } = this;
    const values: Array<MetricValueWithName<string>> = [];
    let count = 0;
    for (const [index, inBucket] of this.counts.entries()) {
      count += inBucket;
      const le = index < bounds.length ? (bounds[index] as number) : '+Inf';
      values.push({ labels: { le, ...labels }, value: count, metricName: `${name}_bucket` });
    }
    values.push({ labels, value: this.sum, metricName: `${name}_sum` });
    values.push({ labels, value: count, metricName: `${name}_count` });
    return values;
  }
}

/**
 * A histogram for the hot path, registered beside prom-client's own: those look their labels up and turn the bound of
 * the bucket into text for every value, which six times a request costs more than all else of its accounting. Here a
 * series is looked up once, and a value is two additions.
 */
export class Histogram {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly upperBounds: readonly number[];
  private readonly bounds: Float64Array;
  private readonly series = new Map<string, HistogramSeries>();

  constructor({ name, help, labelNames, buckets, registers }: HistogramConfiguration) {
    this.name = name;
    this.help = help;
    this.labelNames = labelNames;
    this.upperBounds = buckets;
    this.bounds = Float64Array.from(buckets);
    for (const registry of registers) registry.registerMetric(this as unknown as Metric);
  }

  labels(labels: Labels): HistogramSeries {
    const key = this.keyOf(labels);
    let series = this.series.get(key);
    if (series === undefined) this.series.set(key, (series = new HistogramSeries(labels, this.bounds)));
    return series;
  }

  remove(labels: Labels): void {
    this.series.delete(this.keyOf(labels));
  }

  /** What prom-client's registry asks a metric for at a scrape. */
  async get(): Promise<Omit<MetricObjectWithValues<MetricValueWithName<string>>, 'collect'>> {
    const { name, help } = this;
    const shown = [...this.series.values()].filter(({ isEmpty }) => !isEmpty);
    const values = shown.flatMap((series) => series.values(name));
    // a word, whatever its types say
    const type = 'histogram' as unknown as MetricType;
    return { name, help, type, aggregator: 'sum', values };
  }

  private keyOf(labels: Labels): string {
    return JSON.stringify(this.labelNames.map((name) => labels[name] ?? ''));
  }
}
