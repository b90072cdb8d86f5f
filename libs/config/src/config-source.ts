import type { ConfigSnapshot } from './snapshot.types.js';

/** Holds the snapshot in force. A request keeps the snapshot that it began with; the next one sees the swap. */
export class ConfigSource {
  #current: ConfigSnapshot;
  readonly #listeners = new Set<(next: ConfigSnapshot, previous: ConfigSnapshot) => void>();

  constructor(initial: ConfigSnapshot) {
    this.#current = initial;
  }

  current(): ConfigSnapshot {
    return this.#current;
  }

  swap(next: ConfigSnapshot): void {
    const previous = this.#current;
    this.#current = next;
    for (const listener of this.#listeners) listener(next, previous);
  }

  /** Calls `listener` after every swap; the answer stops it. */
  onChange(listener: (next: ConfigSnapshot, previous: ConfigSnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
