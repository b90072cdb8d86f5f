import type { Counter } from 'prom-client';
import type { Exchange } from './exchange.js';
import type { GatewayMetrics } from './gateway.metrics.js';
import type { HistogramSeries } from './histogram.js';

type CounterSeries = Counter.Internal;

const OTHER = 'other';
const NONE = 'none';

/**
 * The series that requests of one surface, rule, model and provider write to. Looking a series up by its labels
 * costs prom-client more than writing to it, so each is looked up once.
 */
class Series {
  readonly overhead: HistogramSeries;
  readonly firstToken: HistogramSeries;
  readonly perToken: HistogramSeries;
  readonly inputTokens: HistogramSeries;
  readonly outputTokens: HistogramSeries;
  private readonly requests = new Map<number, CounterSeries>();
  private readonly durations = new Map<string, HistogramSeries>();
  private readonly attempts = new Map<string, CounterSeries>();
  private readonly genAi: Readonly<Record<string, string>>;

  constructor(
    private readonly metrics: GatewayMetrics,
    private readonly surface: string,
    private readonly rule: string,
    private readonly model: string,
    private readonly provider: string,
    operation: string,
  ) {
    this.genAi = {
      gen_ai_operation_name: operation,
      gen_ai_provider_name: provider,
      gen_ai_request_model: model,
    };
    this.overhead = metrics.overhead.labels({ surface });
    this.firstToken = metrics.firstToken.labels(this.genAi);
    this.perToken = metrics.perToken.labels(this.genAi);
    this.inputTokens = metrics.tokenUsage.labels({ ...this.genAi, gen_ai_token_type: 'input' });
    this.outputTokens = metrics.tokenUsage.labels({ ...this.genAi, gen_ai_token_type: 'output' });
  }

  request(status: number): CounterSeries {
    const { surface, rule, model, provider } = this;
    return once(this.requests, status, () =>
      this.metrics.requests.labels({ surface, rule, model, provider, status: String(status) }),
    );
  }

  duration(errorType: string): HistogramSeries {
    return once(this.durations, errorType, () =>
      this.metrics.duration.labels({ ...this.genAi, error_type: errorType }),
    );
  }

  attempt(outcome: string): CounterSeries {
    const { provider } = this;
    return once(this.attempts, outcome, () => this.metrics.attempts.labels({ provider, outcome }));
  }
}

/** All series, by target: a target that a new revision drops takes its entry with it, the counts stay. */
export class MetricSeries {
  private readonly byTarget = new WeakMap<object, Map<string, Series>>();
  private readonly undecided = new Map<string, Series>();

  constructor(private readonly metrics: GatewayMetrics) {}

  of({ surface, decision }: Pick<Exchange, 'surface' | 'decision'>): Series {
    if (decision === undefined)
      return once(
        this.undecided,
        surface.path,
        () => new Series(this.metrics, surface.name, NONE, OTHER, OTHER, surface.operation),
      );
    const { target, rule, model, provider } = decision;
    let series = this.byTarget.get(target);
    if (series === undefined) this.byTarget.set(target, (series = new Map()));
    return once(
      series,
      rule === 'default' ? surface.path : `${surface.path} ${rule}`,
      () => new Series(this.metrics, surface.name, rule, model.name, provider.name, surface.operation),
    );
  }
}

function once<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
