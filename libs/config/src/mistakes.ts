/** Collects mistakes by path. A path that is wrong as a whole (`reject`) silences what would be said about its inside. */
export class Mistakes {
  readonly #lines: string[] = [];
  readonly #seen = new Set<string>();
  readonly #rejected: string[] = [];

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The first mistake of a path is the one that helps; later ones follow from it. */
  add(path: string, says: string): void {
    if (this.#seen.has(path) || this.#rejected.some((outer) => isInside(path, outer))) return;
    this.#seen.add(path);
    this.#lines.push(path === '' ? says : `${path}: ${says}`);
  }

  reject(path: string, says: string): void {
    this.add(path, says);
    this.silence(path);
  }

  silence(path: string): void {
    this.#rejected.push(path);
  }
}

function isInside(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}

/** `models` + `0` + `name` → `models[0].name` */
export function join(path: string, step: string | number): string {
  if (typeof step === 'number') return `${path}[${step}]`;
  return path === '' ? step : `${path}.${step}`;
}
