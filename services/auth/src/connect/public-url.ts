const CALLBACK_PATHS = ['/api/oauth/callback', '/auth/callback'];

/** This service as browsers see it: from configuration, never from a request's headers. */
export class PublicUrl {
  /** @param base asked each time, since a port chosen by the system is known only after listening */
  constructor(private readonly base: () => string) {}

  get href(): string {
    return this.base().replace(/\/+$/, '');
  }

  get origin(): string {
    return new URL(this.href).origin;
  }

  get isSecure(): boolean {
    return this.href.startsWith('https:');
  }

  get callback(): string {
    return this.href + CALLBACK_PATHS[0];
  }

  /** Whether a browser that is sent there comes back to us. */
  isOurs(redirectUri: string): boolean {
    return CALLBACK_PATHS.some((path) => redirectUri === this.href + path);
  }
}
