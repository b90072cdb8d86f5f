export { hashClientKey, isExpired, type ClientKey, type ClientKeyInput } from './client-key.js';
export { CLIENT_KEY_EVENTS, ClientKeyStore, type ClientKeyChange } from './client-key.store.js';
