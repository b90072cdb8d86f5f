import { packGroup, Subject, unpackGroup, type AttemptEvent } from '@muxgate/usage';
import { Counter, type Registry } from 'prom-client';

const TYPES = {
  input: 'inputTokens',
  output: 'outputTokens',
  cache_read: 'cacheReadTokens',
  cache_creation: 'cacheCreationTokens',
  reasoning: 'reasoningTokens',
} as const;

/** Keys of clients that are remembered; beyond, all are looked up again. */
const MAX_GROUPS = 50_000;
const COUNTS = [...Object.values(TYPES), 'costNanoUsd'] as const;
type Counts = Record<(typeof COUNTS)[number], number>;
type Labels = Record<'model' | 'provider' | 'team', string>;

class Tally implements Counts {
  inputTokens = 0;
  outputTokens = 0;
  cacheReadTokens = 0;
  cacheCreationTokens = 0;
  reasoningTokens = 0;
  costNanoUsd = 0;
  /** as it was at the last scrape */
  seen: Counts | undefined;

  constructor(readonly labels: Labels) {}
}

function countsOf(tally: Counts): Counts {
  return Object.fromEntries(COUNTS.map((name) => [name, tally[name]])) as Counts;
}

/**
 * Tokens and cost as Prometheus sees them: kept in whole numbers and handed over at a scrape, so that they are what
 * the ledger says to the last digit, and cost the hot path six additions.
 */
export class Tallies {
  private readonly tallies = new Map<string, Tally>();
  /** the same by packed groups, many of which share one */
  private readonly byGroup = new Map<string, Tally>();

  constructor(registry: Registry, onScrape: () => void) {
    const { tallies } = this;
    const registers = [registry];
    new Counter({
      name: 'muxgate_tokens_total',
      help: 'Tokens by kind, of every attempt that a provider billed; input excludes cached ones.',
      labelNames: ['type', 'model', 'provider', 'team'],
      registers,
      collect() {
        onScrape();
        this.reset();
        for (const tally of tallies.values()) {
          tally.seen = countsOf(tally);
          for (const [type, count] of Object.entries(TYPES))
            if (tally[count] > 0) this.inc({ type, ...tally.labels }, tally[count]);
        }
      },
    });
    new Counter({
      name: 'muxgate_cost_usd_total',
      help: 'Cost of every attempt that a provider billed and whose price is known.',
      labelNames: ['model', 'provider', 'team'],
      registers,
      collect() {
        this.reset();
        for (const tally of tallies.values()) this.inc(tally.labels, tally.costNanoUsd / 1e9);
      },
    });
  }

  add(event: AttemptEvent): void {
    const { group } = event.subject;
    if (group === null) return;
    const tally = this.byGroup.get(group) ?? this.tallyOf(group);
    tally.inputTokens += event.inputTokens;
    tally.outputTokens += event.outputTokens;
    tally.cacheReadTokens += event.cacheReadTokens;
    tally.cacheCreationTokens += event.cacheCreationTokens;
    tally.reasoningTokens += event.reasoningTokens;
    tally.costNanoUsd += event.costNanoUsd ?? 0;
  }

  /** Forgets what was counted for models and providers that are long gone from the configuration. */
  drop(names: ReadonlySet<string>): void {
    for (const [key, { labels }] of this.tallies)
      if (names.has(labels.model) || names.has(labels.provider)) this.tallies.delete(key);
    this.byGroup.clear();
  }

  private tallyOf(group: string): Tally {
    const { model, provider, team } = unpackGroup(group);
    const name = JSON.stringify([model, provider, team]);
    let tally = this.tallies.get(name);
    if (tally === undefined) this.tallies.set(name, (tally = new Tally({ model, provider, team })));
    if (this.byGroup.size >= MAX_GROUPS) this.byGroup.clear();
    this.byGroup.set(group, tally);
    return tally;
  }

  /** What no scrape has seen yet. */
  unseen(): AttemptEvent[] {
    return [...this.tallies.values()].flatMap((tally) => {
      const { labels, seen } = tally;
      const counts = Object.fromEntries(COUNTS.map((name) => [name, tally[name] - (seen?.[name] ?? 0)]));
      if (COUNTS.every((name) => counts[name] === 0)) return [];
      return {
        type: 'attempt',
        at: 0,
        subject: new Subject(packGroup({ key: '', ...labels }), ''),
        estimated: false,
        ...(counts as Counts),
      };
    });
  }
}
