import type { Exchange } from './exchange.js';

/**
 * Those that are open, in slots that are used again. Not a Set: V8 rebuilds a Set that is added to and deleted
 * from all the time every few dozen changes, and each rebuilt table, once it has grown old, keeps all that were
 * open at its time (and the next table) alive until the next full collection.
 */
export class OpenExchanges {
  private readonly slots: (Exchange | undefined)[] = [];
  private readonly free: number[] = [];

  get size(): number {
    return this.slots.length - this.free.length;
  }

  add(exchange: Exchange): void {
    const slot = this.free.pop() ?? this.slots.length;
    this.slots[slot] = exchange;
    exchange.slot = slot;
  }

  /** False if it was not open. */
  remove(exchange: Exchange): boolean {
    const { slot } = exchange;
    if (slot === undefined) return false;
    this.slots[slot] = undefined;
    this.free.push(slot);
    exchange.slot = undefined;
    return true;
  }

  all(): Exchange[] {
    return this.slots.filter((exchange) => exchange !== undefined);
  }
}
