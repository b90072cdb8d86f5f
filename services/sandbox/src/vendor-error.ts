/** An answer that the simulated vendor gives on purpose; each API puts it into its own envelope. */
export class VendorError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** The request field at fault, where the vendor's envelope has room for it. */
    readonly param: string | null = null,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'VendorError';
  }
}
