import type { ConfigSnapshot } from '@muxgate/config';
import type { Logger } from '@muxgate/runtime';

/** Says at every start what an operator has taken upon themselves. */
export function warnOfTerms({ oauthProviders }: ConfigSnapshot, logger: Logger): void {
  for (const { name, preset, termsNotice } of oauthProviders.values()) {
    if (termsNotice !== undefined) {
      logger.warn({ oauthProvider: name, preset, termsNotice }, 'this OAuth provider has terms of use');
    }
  }
}
