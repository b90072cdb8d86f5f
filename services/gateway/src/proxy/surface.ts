/** The API protocol a client speaks; a target that speaks it too is reached without translation. */
export type SurfaceName = 'anthropic-messages' | 'openai-chat' | 'openai-responses';
export type Envelope = 'anthropic' | 'openai';

/** One way in: what is served under a path, and how its answers, errors and pings look. */
export interface Surface {
  readonly name: SurfaceName;
  readonly path: string;
  readonly envelope: Envelope;
  /** appended to a provider's `baseUrl`, which is what the vendor's own SDK takes: with `/v1` for OpenAI, without for Anthropic */
  readonly upstreamPath: string;
  /** `gen_ai_operation_name` of the OpenTelemetry conventions */
  readonly operation: 'chat' | 'count_tokens';
  /** fills a silence: an event for Anthropic, a comment for OpenAI */
  readonly ping: Buffer;
}

const ANTHROPIC = {
  name: 'anthropic-messages',
  envelope: 'anthropic',
  ping: Buffer.from('event: ping\ndata: {"type": "ping"}\n\n'),
} as const;
const OPENAI_PING = Buffer.from(': ping\n\n');

export const SURFACES: readonly Surface[] = [
  { ...ANTHROPIC, path: '/v1/messages', upstreamPath: '/v1/messages', operation: 'chat' },
  {
    ...ANTHROPIC,
    path: '/v1/messages/count_tokens',
    upstreamPath: '/v1/messages/count_tokens',
    operation: 'count_tokens',
  },
  {
    name: 'openai-chat',
    path: '/v1/chat/completions',
    envelope: 'openai',
    upstreamPath: '/chat/completions',
    operation: 'chat',
    ping: OPENAI_PING,
  },
  {
    name: 'openai-responses',
    path: '/v1/responses',
    envelope: 'openai',
    upstreamPath: '/responses',
    operation: 'chat',
    ping: OPENAI_PING,
  },
];

const BY_PATH = new Map(SURFACES.map((surface) => [surface.path, surface]));

/** The surface of a request line, or nothing: then the request is the framework's. */
export function surfaceOf(method: string | undefined, url: string | undefined): Surface | undefined {
  if (method !== 'POST' || url === undefined) return undefined;
  const query = url.indexOf('?');
  return BY_PATH.get(query === -1 ? url : url.slice(0, query));
}
