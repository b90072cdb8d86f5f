/**
 * An OAuth provider of a configuration whose vendor is the sandbox: an item of `oauthProviders`, as YAML that is
 * indented by two spaces. Without a redirect of its own it takes the callback of the auth service.
 */
export function sandboxProvider(
  name = 'sandbox',
  {
    grant = 'authorization_code',
    redirectUri,
  }: { readonly grant?: 'authorization_code' | 'device_code'; readonly redirectUri?: string } = {},
): string {
  return `  - name: ${name}
    grant: ${grant}
    issuer: '\${MUXGATE_SANDBOX_URL}'
    clientId: muxgate
    clientAuthentication: none
    scopes: [openid, offline_access, llm.invoke]
    authorizeParams: { prompt: consent }
    allowPrivateNetwork: true
${redirectUri === undefined ? '' : `    redirectUri: ${redirectUri}\n`}`;
}
