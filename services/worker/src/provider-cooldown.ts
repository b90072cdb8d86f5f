/** A provider that refuses everyone, by Retry-After or because our client is misconfigured, is left alone for a while. */
export class ProviderCooldown {
  private readonly until = new Map<string, { at: number; code: string }>();

  constructor(private readonly now: () => number = Date.now) {}

  start(provider: string, ms: number, code: string): void {
    this.until.set(provider, { at: this.now() + ms, code });
  }

  /** How long it still lasts and why it began; nothing when the provider may be asked. */
  remaining(provider: string): { ms: number; code: string } | undefined {
    const cooldown = this.until.get(provider);
    if (cooldown === undefined) return undefined;
    const ms = cooldown.at - this.now();
    if (ms > 0) return { ms, code: cooldown.code };
    this.until.delete(provider);
    return undefined;
  }
}
