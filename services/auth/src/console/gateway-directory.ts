import type { ConfigSource } from '@muxgate/config';

/** Where the gateway is: as this service reaches it, and as developers do. */
export interface GatewayAddresses {
  readonly internal: string | undefined;
  readonly public: string | undefined;
}

/** What the console's set-up lines and Try it need to know of the gateway. */
export class GatewayDirectory {
  constructor(
    private readonly addresses: GatewayAddresses,
    private readonly config: ConfigSource,
  ) {}

  /** Without a slash at its end. */
  get internalUrl(): string | undefined {
    return this.addresses.internal?.replace(/\/+$/, '');
  }

  get publicUrl(): string | undefined {
    return (this.addresses.public ?? this.addresses.internal)?.replace(/\/+$/, '');
  }

  get models(): string[] {
    return [...this.config.current().models.keys()];
  }
}
