/** `path` is empty where the mistake is not about one place of the document. */
export interface Mistake {
  readonly path: string;
  readonly message: string;
}

/** Collects mistakes by path. A path that is wrong as a whole (`reject`) silences what would be said about its inside. */
export class Mistakes {
  readonly #all: Mistake[] = [];
  readonly #seen = new Set<string>();
  readonly #rejected: string[] = [];

  get all(): readonly Mistake[] {
    return this.#all;
  }

  /** The first mistake of a path is the one that helps; later ones follow from it. */
  add(path: string, says: string): void {
    if (this.#seen.has(path) || this.#rejected.some((outer) => isInside(path, outer))) return;
    this.#seen.add(path);
    this.#all.push({ path, message: says });
  }

  /** Whether something at this path or inside it is wrong already. */
  has(path: string): boolean {
    return [...this.#seen].some((inner) => isInside(inner, path));
  }

  /** The mistake is about all of the path. */
  reject(path: string, says: string): void {
    this.add(path, says);
    this.#rejected.push(path);
  }
}

function isInside(path: string, outer: string): boolean {
  return outer === '' || path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}

/** `models` + `0` + `name` → `models[0].name` */
export function join(path: string, step: string | number): string {
  if (typeof step === 'number') return `${path}[${step}]`;
  return path === '' ? step : `${path}.${step}`;
}
