import { CredentialId, Flag, Headers, Name, OneOf, Secret, Section, Url, Whole } from './fields.js';
import { AUTH_TYPES, PROTOCOLS, type Protocol } from './snapshot.types.js';

export class AuthSection {
  @OneOf(AUTH_TYPES, {
    about:
      'What goes on upstream requests: a key from the environment, a key from the vault, an OAuth access token, what the client sent, or nothing; nothing means what the machine has from its cloud, for the protocols of clouds.',
    required: true,
  })
  type!: (typeof AUTH_TYPES)[number];

  @Secret({
    about: 'The key, for `apiKey`; for Vertex AI also the JSON of a service account or of workload identity.',
    usedBy: ['gateway', 'auth'],
  })
  value?: string;

  @CredentialId({
    about: 'The stored credential, for `storedKey` and `oauth`; may hold `{client}` or `{team}`.',
  })
  credential?: string;
}

const MILLISECONDS = { min: 1, max: 3_600_000 };

export class TimeoutsSection {
  @Whole(MILLISECONDS, { about: 'Until the connection stands, in milliseconds.' })
  connectMs: number = 5_000;

  @Whole(MILLISECONDS, { about: 'Until the first byte of the answer, in milliseconds.' })
  firstByteMs: number = 300_000;

  @Whole(MILLISECONDS, { about: 'Longest silence within an answer, in milliseconds.' })
  idleMs: number = 300_000;
}

export class ProviderEntry {
  @Name({ about: 'Its name in `models`, metrics and headers.', required: true })
  name!: string;

  @Name({
    about: 'A [built-in description](providers.md) that fills in `protocol`, `baseUrl` and `headers`.',
  })
  preset?: string;

  @OneOf(PROTOCOLS, { about: 'The API that it speaks.', defaultText: "the preset's; required without one" })
  protocol?: Protocol;

  @Url({
    about: "What the vendor's own SDK takes: without `/v1` for Anthropic, with it for OpenAI.",
    defaultText: "the preset's; required without one",
  })
  baseUrl?: string;

  @Section(() => AuthSection, { about: 'The credential of upstream requests.', required: true })
  auth!: AuthSection;

  @Headers({
    about: 'Headers to set on upstream requests. Those that carry credentials may only be references.',
    usedBy: ['gateway', 'auth'],
  })
  headers: Record<string, string> = {};

  @Section(() => TimeoutsSection, { about: 'How long to wait.' })
  timeouts: TimeoutsSection = new TimeoutsSection();

  @Flag({
    about: 'Allows loopback, link-local and private addresses, and `http:`.',
    defaultText: '`false`; `true` for a local preset on loopback',
  })
  allowPrivateNetwork?: boolean;

  @Flag({ about: '`false` takes it out of service.' })
  enabled: boolean = true;
}
