export interface SummaryInput {
  readonly gatewayUrl: string;
  readonly authUrl: string;
  readonly sandboxUrl: string | undefined;
  readonly adminToken: string;
  readonly clientKey: string;
  /** A model to ask and the path that serves it; undefined when the catalogue is empty. */
  readonly example: ExampleRequest | undefined;
}

export interface ExampleRequest {
  readonly path: '/v1/messages' | '/v1/chat/completions' | '/v1/responses';
  readonly model: string;
}

/** What a person needs to begin, as lines; the curl lines work as pasted into a POSIX shell. */
export function summaryLines(input: SummaryInput): string[] {
  const { gatewayUrl, authUrl, sandboxUrl, adminToken, clientKey, example } = input;
  return [
    '',
    `  gateway      ${gatewayUrl}`,
    `  auth         ${authUrl}  (OpenAPI at ${authUrl}/docs)`,
    `  console      ${authUrl}/console/  (sign in with the admin token)`,
    ...(sandboxUrl ? [`  sandbox      ${sandboxUrl}  (a simulated vendor)`] : []),
    `  admin token  ${adminToken}`,
    `  client key   ${clientKey}`,
    '',
    ...(example
      ? ['Ask a model:', '', exampleCurl(gatewayUrl, clientKey, example), '']
      : ['The configuration has no model to ask yet.', '']),
    'Watch access tokens being refreshed:',
    '',
    `curl -s ${authUrl}/api/oauth/tokens -H ${quote(`authorization: Bearer ${adminToken}`)}`,
    '',
  ];
}

/** A streaming request in the protocol of the path. */
export function exampleCurl(gatewayUrl: string, clientKey: string, { path, model }: ExampleRequest): string {
  const text = 'Tell me about gateways.';
  const body =
    path === '/v1/responses'
      ? { model, stream: true, input: text }
      : { model, max_tokens: 256, stream: true, messages: [{ role: 'user', content: text }] };
  return [
    `curl -sN ${gatewayUrl}${path}`,
    `-H ${quote(`authorization: Bearer ${clientKey}`)}`,
    `-H 'content-type: application/json'`,
    ...(path === '/v1/messages' ? [`-H 'anthropic-version: 2023-06-01'`] : []),
    `-d ${quote(JSON.stringify(body))}`,
  ].join(' ');
}

/** One word for a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
