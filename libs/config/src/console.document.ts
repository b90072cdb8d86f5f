import { Flag, Scopes, Secret, Section, Text, Texts, Url, Whole } from './fields.js';

/** Which values of the roles claim give which role; `*` is everybody who can sign in. */
export class ConsoleRolesSection {
  @Texts({ about: 'Values that make an admin, who also changes the configuration.' })
  admin: string[] = [];

  @Texts({ about: 'Values that make an operator, who connects credentials and manages keys.' })
  operator: string[] = [];

  @Texts({ about: 'Values that make a viewer, who reads. `"*"` is everybody who can sign in.' })
  viewer: string[] = [];
}

export class SingleSignOnSection {
  @Url({ about: "The organisation's OpenID provider; its metadata is discovered.", required: true })
  issuer!: string;

  @Text({
    about: 'The client that it knows the console as; its redirect URI is `${PUBLIC_URL}/api/sso/callback`.',
    required: true,
  })
  clientId!: string;

  @Secret({ about: 'The secret of that client; absent for a public client.' })
  clientSecret?: string;

  @Text({ about: 'What the button on the sign-in page calls it.' })
  label: string = 'single sign-on';

  @Scopes({ about: 'The scopes to ask for.' })
  scopes: string[] = ['openid', 'profile', 'email'];

  @Text({ about: 'The claim that holds groups or roles, text or list; dots lead into objects.' })
  rolesClaim: string = 'groups';

  @Section(() => ConsoleRolesSection, { about: 'Who gets which role; at least one value is needed.' })
  roles: ConsoleRolesSection = new ConsoleRolesSection();

  @Flag({ about: 'Allows loopback, link-local and private addresses, and `http:`.' })
  allowPrivateNetwork: boolean = false;
}

export class ConsoleSection {
  @Section(() => SingleSignOnSection, {
    about: 'Sign-in by OpenID Connect; without it by admin token alone.',
  })
  sso?: SingleSignOnSection;

  @Whole({ min: 1, max: 1440 }, { about: 'A session ends after this long without use.' })
  idleMinutes: number = 60;

  @Whole({ min: 1, max: 720 }, { about: 'A session ends after this long in any case.' })
  absoluteHours: number = 12;
}
