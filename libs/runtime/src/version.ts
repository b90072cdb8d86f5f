/** The product's version; `package.json` carries the same (checked by a test). */
export const VERSION = '0.1.0';

/** What Muxgate calls itself towards vendors: always its real name (contract, section 10). */
export const USER_AGENT = `muxgate/${VERSION}`;
