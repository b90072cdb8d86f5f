import { InvalidInput } from '@muxgate/runtime';

/** The configuration cannot be used. `problems` holds every mistake, each as `path: what is wrong`; no secret among them. */
export class ConfigInvalid extends InvalidInput {
  constructor(problems: readonly string[], fileName = 'the configuration') {
    super(fileName, problems, 'config_invalid');
  }
}
