/** A map that nothing can change: `Object.freeze` does not stop `Map.prototype.set`, a private map does. */
class FrozenMap<K, V> implements ReadonlyMap<K, V> {
  readonly #map: ReadonlyMap<K, V>;

  constructor(entries: Iterable<readonly [K, V]>) {
    this.#map = new Map(entries);
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  forEach(visit: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.#map) visit(value, key, this);
  }

  entries(): MapIterator<[K, V]> {
    return this.#map.entries();
  }

  keys(): MapIterator<K> {
    return this.#map.keys();
  }

  values(): MapIterator<V> {
    return this.#map.values();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#map.entries();
  }
}

/** By name; the entries are frozen too. */
export function frozenMap<V extends { readonly name: string }>(values: readonly V[]): ReadonlyMap<string, V> {
  return frozenMapBy(values, ({ name }) => name);
}

export function frozenMapBy<V>(values: readonly V[], keyOf: (value: V) => string): ReadonlyMap<string, V> {
  return new FrozenMap(values.map((value) => [keyOf(value), deepFreeze(value)] as const));
}

export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
