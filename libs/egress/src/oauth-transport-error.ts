/**
 * A request got no answer. `sent` false: the connection was never established, so the server saw nothing; true: the
 * server may have acted on it. The cause is reduced to its code: axios errors carry the request, with its secrets.
 */
export class OAuthTransportError extends Error {
  override readonly name = 'OAuthTransportError';

  constructor(
    readonly code: string,
    readonly sent: boolean,
  ) {
    super(
      sent ? `the connection broke before an answer came (${code})` : `no connection could be made (${code})`,
    );
  }
}
