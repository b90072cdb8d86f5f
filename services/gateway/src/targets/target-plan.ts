import type { Candidate } from '@muxgate/routing';
import type { TargetHealth } from './target-health.js';

/**
 * The targets of one request, in the order to be tried; each is given out once. One without an alternative is
 * tried even while it rests: to refuse the request ourselves would help nobody.
 */
export class TargetPlan {
  private at = 0;

  constructor(
    private readonly candidates: readonly Candidate[],
    private readonly health: TargetHealth,
  ) {}

  get preferred(): Candidate | undefined {
    return this.candidates[0];
  }

  next(): Candidate | undefined {
    while (this.at < this.candidates.length) {
      const candidate = this.candidates[this.at++] as Candidate;
      if (this.mayTry(candidate)) return candidate;
    }
    return undefined;
  }

  get hasNext(): boolean {
    for (let i = this.at; i < this.candidates.length; i++)
      if (this.mayTry(this.candidates[i] as Candidate)) return true;
    return false;
  }

  /** Nothing more is given out, also should one have recovered meanwhile. */
  end(): void {
    this.at = this.candidates.length;
  }

  /** Milliseconds until the first of them may be tried again. */
  get soonestMs(): number {
    return Math.min(...this.candidates.map(({ place }) => this.health.restMs(place)));
  }

  private mayTry({ place }: Candidate): boolean {
    return this.candidates.length === 1 || this.health.restMs(place) === 0;
  }
}
