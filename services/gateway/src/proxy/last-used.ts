import type { ClientKeyStore } from '@muxgate/clients';

/** When keys were last used, to within a few seconds: noted on the request path, written beside it. */
export class LastUsed {
  private used = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: Pick<ClientKeyStore, 'recordUse'>,
    private readonly everyMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  note(id: string): void {
    this.used.add(id);
  }

  start(): void {
    this.timer = setInterval(() => void this.write(), this.everyMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.write();
  }

  /** What Redis does not take now is written with the next; there are no more than keys. */
  private async write(): Promise<void> {
    const { used } = this;
    if (used.size === 0) return;
    this.used = new Set();
    const now = this.now();
    try {
      await this.store.recordUse(new Map([...used].map((id) => [id, now])));
    } catch {
      for (const id of used) this.used.add(id);
    }
  }
}
