export { BodyUnreadable, scanBody, textAt, type ScannedBody, type UnreadableKind } from './body-scan.js';
export { arrayItems } from './array-items.js';
export { bytesAre, decodeString, skipSpace, valueAt, walkObject, type Range } from './json-walk.js';
export { modelEdit, splice, type Edit, type SplicedBody } from './splice.js';
