import type { OAuthPreset } from './oauth-preset.types.js';

/**
 * Sources: the vendors' own open-source clients and documentation, as of November 2026; docs/oauth-providers.md says
 * for each what is allowed, and that all of them were tested against simulators only.
 */
const ANTHROPIC_TERMS =
  'Anthropic keeps OAuth sign-in with Free, Pro, Max, Team and Enterprise plans for Claude Code and its other own apps, ' +
  'does not permit others to route requests through it, and enforces that: the account can be limited or closed. ' +
  'Muxgate sends its own User-Agent and disguises nothing; if Anthropic refuses it, the connector stops. ' +
  'What Anthropic supports for gateways: an API key of the Console, Amazon Bedrock, Google Vertex AI.';

const ANTHROPIC_TOKEN = {
  tokenUrl: 'https://platform.claude.com/v1/oauth/token',
  redirectUri: 'https://platform.claude.com/oauth/code/callback',
  clientId: '9d1c250a-e61b-44d9-88ed-5944d1962f5e',
  clientAuthentication: 'none',
  tokenRequestFormat: 'json',
  authorizeParams: { code: 'true' },
  hosts: ['api.anthropic.com'],
} as const;

const ANTHROPIC_QUIRKS = {
  exchangeSendsState: true,
  refusalStatuses: [404, 429],
  account: ['account', 'email_address'],
} as const;

const OPENAI_ACCOUNT = { accountId: ['https://api.openai.com/auth', 'chatgpt_account_id'] };

export const OAUTH_PRESETS: readonly OAuthPreset[] = Object.freeze([
  {
    name: 'anthropic-max',
    title: 'Anthropic, a Claude plan',
    docs: 'https://code.claude.com/docs/en/legal-and-compliance',
    termsNotice: ANTHROPIC_TERMS,
    needsAcknowledgement: true,
    fields: {
      ...ANTHROPIC_TOKEN,
      authorizationUrl: 'https://claude.ai/oauth/authorize',
      scopes: ['user:profile', 'user:inference'],
    },
    quirks: { ...ANTHROPIC_QUIRKS, upstreamHeaders: { 'anthropic-beta': 'oauth-2025-04-20' } },
  },
  {
    name: 'anthropic-console',
    title: 'Anthropic Console, an API key by OAuth',
    docs: 'https://platform.claude.com/docs/en/api/overview',
    termsNotice:
      "This creates an API key by means of Claude Code's own OAuth client, which Anthropic has not published for others. " +
      'The key itself is an ordinary one; to create it in the Console and store it with PUT /api/credentials needs no such thing.',
    needsAcknowledgement: true,
    fields: {
      ...ANTHROPIC_TOKEN,
      authorizationUrl: 'https://platform.claude.com/oauth/authorize',
      apiUrl: 'https://api.anthropic.com',
      scopes: ['org:create_api_key', 'user:profile'],
    },
    quirks: { ...ANTHROPIC_QUIRKS, afterConnect: 'anthropic-api-key' },
  },
  {
    name: 'openai-codex',
    title: 'OpenAI, a ChatGPT plan through the Codex client',
    docs: 'https://developers.openai.com/codex/auth',
    termsNotice:
      "This uses the Codex CLI's own OAuth client and an endpoint that OpenAI has not published as an API for others; " +
      'the account can be limited or closed. The sanctioned way is the preset openai-chatgpt, or an API key.',
    needsAcknowledgement: true,
    fields: {
      authorizationUrl: 'https://auth.openai.com/oauth/authorize',
      tokenUrl: 'https://auth.openai.com/oauth/token',
      deviceAuthorizationUrl: 'https://auth.openai.com/api/accounts/deviceauth/usercode',
      revocationUrl: 'https://auth.openai.com/oauth/revoke',
      clientId: 'app_EMoamEEZ73f0CkXaXp7hrann',
      clientAuthentication: 'none',
      redirectUri: 'http://localhost:1455/auth/callback',
      scopes: ['openid', 'profile', 'email', 'offline_access'],
      authorizeParams: {
        id_token_add_organizations: 'true',
        codex_cli_simplified_flow: 'true',
        originator: 'muxgate',
      },
      hosts: ['chatgpt.com'],
    },
    quirks: {
      deviceFlow: 'openai',
      facts: OPENAI_ACCOUNT,
      upstreamHeaders: { 'chatgpt-account-id': '{accountId}', originator: 'muxgate' },
    },
  },
  {
    name: 'openai-chatgpt',
    title: 'OpenAI, Sign in with ChatGPT',
    docs: 'https://developers.openai.com/siwc/token-sharing-open-source/sign-in',
    termsNotice:
      'OpenAI offers Sign in with ChatGPT to open-source apps that their user hosts; a hosted or paid service for others ' +
      'needs its approval first. Each person connects their own account.',
    fields: {
      issuer: 'https://auth.openai.com',
      clientId: 'dynamic_agent_client',
      clientAuthentication: 'none',
      redirectUri: 'http://127.0.0.1:1455/auth/callback',
      scopes: ['openid', 'profile', 'email', 'offline_access', 'chatgpt.tokens.use.direct'],
      hosts: ['api.openai.com'],
    },
    quirks: { registration: 'chatgpt', verifiesIdToken: true },
  },
  {
    name: 'google-gemini',
    title: 'Google, Gemini Code Assist',
    docs: 'https://github.com/google-gemini/gemini-cli/blob/main/docs/resources/tos-privacy.md',
    termsNotice:
      'Google says that access to the services behind Gemini CLI and Code Assist by third-party software is a violation ' +
      'of its terms, and suspends accounts. The supported ways are a Gemini API key and Vertex AI.',
    needsAcknowledgement: true,
    fields: {
      authorizationUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
      tokenUrl: 'https://oauth2.googleapis.com/token',
      revocationUrl: 'https://oauth2.googleapis.com/revoke',
      apiUrl: 'https://cloudcode-pa.googleapis.com',
      clientAuthentication: 'client_secret_post',
      scopes: [
        'https://www.googleapis.com/auth/cloud-platform',
        'https://www.googleapis.com/auth/userinfo.email',
        'https://www.googleapis.com/auth/userinfo.profile',
      ],
      authorizeParams: { access_type: 'offline', prompt: 'consent' },
      hosts: [
        'generativelanguage.googleapis.com',
        'aiplatform.googleapis.com',
        '*-aiplatform.googleapis.com',
      ],
    },
    quirks: { afterConnect: 'code-assist' },
  },
  {
    name: 'github-copilot',
    title: 'GitHub Copilot',
    docs: 'https://docs.github.com/en/copilot/how-tos/copilot-sdk',
    termsNotice:
      "Use an OAuth or GitHub App of your own; GitHub documents that for its Copilot SDK, and decides per app which models it serves. Editors' client ids and copilot_internal are not used.",
    fields: {
      grant: 'device_code',
      tenant: 'github.com',
      authorizationUrl: 'https://{tenant}/login/oauth/authorize',
      tokenUrl: 'https://{tenant}/login/oauth/access_token',
      deviceAuthorizationUrl: 'https://{tenant}/login/device/code',
      scopes: ['read:user'],
      hosts: ['*.githubcopilot.com', 'copilot-api.*.ghe.com'],
    },
    // an OAuth App's token has no end, but GitHub ends one that is not used for a year
    quirks: {
      unnamedLifetimeSeconds: 31_536_000,
      upstreamHeaders: { 'openai-intent': 'conversation-edits' },
    },
  },
  {
    name: 'microsoft-entra',
    title: 'Microsoft Entra ID, for Azure OpenAI',
    docs: 'https://learn.microsoft.com/en-us/azure/ai-foundry/openai/how-to/managed-identity',
    fields: {
      grant: 'client_credentials',
      tokenUrl: 'https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token',
      clientAuthentication: 'client_secret_post',
      scopes: ['https://cognitiveservices.azure.com/.default'],
      hosts: ['*.openai.azure.com', '*.cognitiveservices.azure.com', '*.services.ai.azure.com'],
    },
  },
  {
    name: 'generic-oidc',
    title: 'Any OpenID Connect provider',
    docs: 'https://openid.net/specs/openid-connect-discovery-1_0.html',
    fields: { scopes: ['openid', 'offline_access'] },
    quirks: { verifiesIdToken: true },
  },
] satisfies OAuthPreset[]);
