export {
  hashClientKey,
  isMistyped,
  isUsable,
  withTeam,
  type Client,
  type ClientKey,
  type ClientKeyInput,
  type Team,
} from './client-key.js';
export { ClientKeyStore } from './client-key.store.js';
export { declaredKey } from './declared-key.js';
export { CLIENT_KEY_EVENTS, type ClientChange } from './keys.js';
export { TeamStore } from './team.store.js';
