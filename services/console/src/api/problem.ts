/** An answer of the REST API that is not a success: RFC 9457, with the stable `code`. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
    this.name = 'Problem';
  }

  /** Mistakes of a form or of the configuration, by path. */
  get mistakes(): readonly { path: string; message: string }[] {
    const found = this.members['mistakes'] ?? this.members['errors'];
    return Array.isArray(found) ? found : [];
  }
}

export function isRefusal(error: unknown): boolean {
  return error instanceof Problem && error.status >= 400 && error.status < 500;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
