export { importPlugin, type Imported } from './import-plugin.js';
export type * from './plugin.types.js';
