export { coolDownKey, type CoolDown, type CoolDownPlace } from './cool-down.js';
export { CoolDownStore, readTargetEvent, TARGET_EVENTS, type TargetEvent } from './cool-down.store.js';
