/**
 * A target that is given a rest. Without `credential` it is for everyone; with it only for requests that would use
 * this credential. Times are epoch milliseconds.
 */
export interface CoolDown {
  readonly provider: string;
  /** the upstream model */
  readonly model: string;
  readonly credential?: string;
  readonly until: number;
  /** in a row, since the target last answered */
  readonly failures: number;
}

export type CoolDownPlace = Pick<CoolDown, 'provider' | 'model' | 'credential'>;

/** One text per place; the parts are names from the configuration, which hold no line feed. */
export function coolDownKey({ provider, model, credential = '' }: CoolDownPlace): string {
  return `${provider}\n${model}\n${credential}`;
}
