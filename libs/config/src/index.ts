export { assertAuthenticationSafe } from './authentication-safety.js';
export { ConfigInvalid } from './config-invalid.js';
export { ConfigSource } from './config-source.js';
export { ConfigDocument } from './document.js';
export type { Mistake } from './mistakes.js';
export { fieldsOf, type Field } from './field.js';
export { loadConfig, parseConfig } from './parse-config.js';
export { BUDGET_PERIODS } from './snapshot.types.js';
export type * from './snapshot.types.js';
