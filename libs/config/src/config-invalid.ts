import { InvalidInput } from '@muxgate/runtime';
import type { Mistake } from './mistakes.js';

/** The configuration cannot be used; no secret among its mistakes. A mistake without a path is given as text. */
export class ConfigInvalid extends InvalidInput {
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly (string | Mistake)[], fileName = 'the configuration') {
    const all = mistakes.map((mistake) =>
      typeof mistake === 'string' ? { path: '', message: mistake } : mistake,
    );
    super(
      fileName,
      all.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)),
      'config_invalid',
    );
    this.mistakes = all;
  }
}
