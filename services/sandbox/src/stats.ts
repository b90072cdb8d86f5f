export interface Usage {
  /** Prompt tokens that no cache served. */
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheCreation: number;
  readonly output: number;
  /** The part of `output` spent on thinking. */
  readonly reasoning: number;
}

type Counts = Record<string, number>;
type Tokens = Record<'input' | 'cacheRead' | 'cacheCreation' | 'output', number>;
type Bill = Tokens & { answers: number };

const noTokens = (): Tokens => ({ input: 0, cacheRead: 0, cacheCreation: 0, output: 0 });

/** What the vendor saw, as `GET /sandbox/stats` tells it. Counts only: nothing here can leak a token. */
export class Stats {
  private readonly counts = {
    oauth: {
      authorizations: 0,
      /** Every request that reached the token endpoint, by grant type, whatever came of it. */
      tokenRequests: {} as Counts,
      tokenErrors: {} as Counts,
      /** Token requests that a mode of `POST /sandbox/token-endpoint` met, by mode. */
      disturbed: {} as Counts,
      refreshes: 0,
      reuseDetected: 0,
      familiesRevoked: 0,
      accessTokensRevoked: 0,
    },
    api: {
      requests: {} as Counts,
      statuses: {} as Counts,
      unauthorized: 0,
      openRequests: 0,
      billedTokens: noTokens(),
      /** The same by model: answers that were sent whole, and those that broke off or that nobody waited for. */
      billedByModel: {} as Record<string, { whole: Bill; interrupted: Bill }>,
      streams: { open: 0, finished: 0, aborted: 0, failedOnPurpose: 0 },
    },
  };

  snapshot(): object {
    return structuredClone(this.counts);
  }

  authorization(): void {
    this.counts.oauth.authorizations += 1;
  }

  tokenRequest(grant: string, error?: string, detail?: string): void {
    const { oauth } = this.counts;
    add(oauth.tokenRequests, grant);
    if (error !== undefined) add(oauth.tokenErrors, error);
    else if (grant === 'refresh_token') oauth.refreshes += 1;
    if (detail === REUSE_DETAIL) oauth.reuseDetected += 1;
  }

  familyRevoked(): void {
    this.counts.oauth.familiesRevoked += 1;
  }

  disturbed(mode: string): void {
    add(this.counts.oauth.disturbed, mode);
  }

  accessTokensRevoked(count: number): void {
    this.counts.oauth.accessTokensRevoked += count;
  }

  requestStarted(endpoint: string): void {
    add(this.counts.api.requests, endpoint);
    this.counts.api.openRequests += 1;
  }

  requestEnded(status: number | undefined): void {
    this.counts.api.openRequests -= 1;
    add(this.counts.api.statuses, status === undefined ? 'none' : String(status));
    if (status === 401) this.counts.api.unauthorized += 1;
  }

  streamOpened(): void {
    this.counts.api.streams.open += 1;
  }

  streamEnded(outcome: 'finished' | 'aborted' | 'failedOnPurpose'): void {
    this.counts.api.streams.open -= 1;
    this.counts.api.streams[outcome] += 1;
  }

  billed(model: string, usage: Usage, outcome: 'whole' | 'interrupted'): void {
    const { billedTokens, billedByModel } = this.counts.api;
    billedByModel[model] ??= {
      whole: { answers: 0, ...noTokens() },
      interrupted: { answers: 0, ...noTokens() },
    };
    const bill = billedByModel[model][outcome];
    bill.answers += 1;
    for (const sums of [billedTokens, bill]) {
      sums.input += usage.input;
      sums.cacheRead += usage.cacheRead;
      sums.cacheCreation += usage.cacheCreation;
      sums.output += usage.output;
    }
  }
}

/** How oidc-provider, and our store beside it, names a refresh token that comes a second time. */
export const REUSE_DETAIL = 'refresh token already used';

function add(counts: Counts, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
