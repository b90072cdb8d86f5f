import type { ConfigSnapshot, ConfigSource } from '@muxgate/config';
import type { Logger } from '@muxgate/runtime';

/** Says what an operator has taken upon themselves: at every start, and of what a revision adds. */
export function warnOfTerms(config: ConfigSource, logger: Logger): void {
  warn(config.current(), undefined, logger);
  config.onChange((next, previous) => warn(next, previous, logger));
}

function warn({ oauthProviders }: ConfigSnapshot, before: ConfigSnapshot | undefined, logger: Logger): void {
  for (const { name, preset, termsNotice } of oauthProviders.values()) {
    if (termsNotice === undefined || before?.oauthProviders.get(name)?.termsNotice === termsNotice) continue;
    logger.warn({ oauthProvider: name, preset, termsNotice }, 'this OAuth provider has terms of use');
  }
}
