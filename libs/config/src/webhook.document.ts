import { Flag, Name, OneOf, Secret, TextsOf, Url } from './fields.js';
import { EVENT_TYPES, WEBHOOK_FORMATS } from './snapshot.types.js';

export class WebhookEntry {
  @Name({ about: 'Its name in `/api/webhooks` and metrics.', required: true })
  name!: string;

  @Url({
    about:
      'Where events are posted. Better a reference where the URL is a secret itself, as those of Slack are.',
    required: true,
  })
  url!: string;

  @TextsOf(EVENT_TYPES, { about: 'Which events; all of them unless told.', defaultText: 'all' })
  events: string[] = [...EVENT_TYPES];

  @Secret({ about: 'What signs deliveries; needed for `json`.', usedBy: ['worker'] })
  secret?: string;

  @OneOf(WEBHOOK_FORMATS, {
    about: "`json` is Muxgate's own and signed; `slack` is what Slack, Mattermost and others take.",
  })
  format: 'json' | 'slack' = 'json';

  @Flag({ about: 'Allows loopback, link-local and private addresses, and `http:`.' })
  allowPrivateNetwork: boolean = false;
}
