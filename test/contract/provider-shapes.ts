/** What a vendor answers, whole and streamed, and the usage that is in it. */
export interface Shape {
  readonly json: string;
  readonly stream: string;
  readonly usage: { readonly input: number; readonly cache_read: number; readonly output: number };
}

const event = (data: object, name?: string): string =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;

interface ChatVariant {
  /** beside the usual parts of an answer and of a chunk */
  readonly envelope?: object;
  /** beside `role` and `content` of the message */
  readonly thinking?: Readonly<Record<string, string>>;
  /** beside the three totals in `usage` */
  readonly usage?: object;
  /** of the prompt, as `usage` says in its own way */
  readonly cached?: number;
  /** OpenAI reports in a chunk of its own, without choices; most others in that with the finish reason */
  readonly reportsLast?: boolean;
  /** text before the first chunk */
  readonly prelude?: string;
  /** beside `index`, `message` or `delta`, and `finish_reason` */
  readonly choice?: object;
}

/** Chat Completions in the variant of a vendor. */
function chat(variant: ChatVariant = {}): Shape {
  const { envelope, thinking = {}, cached = 0, reportsLast = false, prelude = '', choice } = variant;
  const usage = { prompt_tokens: 120, completion_tokens: 30, total_tokens: 150, ...variant.usage };
  const base = { id: 'chatcmpl-1', created: 1763900000, model: 'vendor-model', ...envelope };
  const chunk = (delta: object, finish: string | null, more: object = {}): string =>
    event({
      ...base,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason: finish, ...choice }],
      ...more,
    });
  const thoughts = Object.entries(thinking).map(([name, text]) =>
    chunk({ content: null, [name]: text }, null),
  );
  return {
    json: JSON.stringify({
      ...base,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello!', ...thinking },
          finish_reason: 'stop',
          ...choice,
        },
      ],
      usage,
    }),
    stream: [
      prelude,
      chunk({ role: 'assistant', content: '' }, null),
      ...thoughts,
      chunk({ content: 'Hel' }, null),
      chunk({ content: 'lo!' }, null),
      chunk({}, 'stop', reportsLast ? {} : { usage }),
      reportsLast ? event({ ...base, object: 'chat.completion.chunk', choices: [], usage }) : '',
      'data: [DONE]\n\n',
    ].join(''),
    usage: { input: 120 - cached, cache_read: cached, output: 30 },
  };
}

const cachedDetails = (cached: number): object => ({ prompt_tokens_details: { cached_tokens: cached } });

export const OPENAI_CHAT = chat({
  reportsLast: true,
  cached: 20,
  usage: { ...cachedDetails(20), completion_tokens_details: { reasoning_tokens: 10 } },
  envelope: { service_tier: 'default', system_fingerprint: 'fp_1' },
  choice: { logprobs: null },
});
export const AZURE_CHAT = chat({
  reportsLast: true,
  prelude: event({
    choices: [],
    created: 0,
    id: '',
    model: '',
    object: '',
    prompt_filter_results: [
      { prompt_index: 0, content_filter_results: { hate: { filtered: false, severity: 'safe' } } },
    ],
  }),
  choice: { content_filter_results: { hate: { filtered: false, severity: 'safe' } } },
});
export const CEREBRAS_CHAT = chat({
  thinking: { reasoning: 'They greet.' },
  envelope: { time_info: { queue_time: 0.001, total_time: 0.02 } },
});
export const DEEPSEEK_CHAT = chat({
  thinking: { reasoning_content: 'They greet.' },
  cached: 64,
  usage: { ...cachedDetails(64), prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 56 },
});
export const GROQ_CHAT = chat({
  reportsLast: true,
  usage: { queue_time: 0.01, prompt_time: 0.002, completion_time: 0.03, total_time: 0.032 },
  envelope: { x_groq: { id: 'req_01' } },
});
export const LLAMACPP_CHAT = chat({
  reportsLast: true,
  envelope: { timings: { prompt_n: 120, predicted_n: 30 } },
});
export const MINIMAX_CHAT = chat({ envelope: { base_resp: { status_code: 0, status_msg: '' } } });
export const MOONSHOT_CHAT = chat({
  reportsLast: true,
  cached: 100,
  usage: { cached_tokens: 100, ...cachedDetails(100) },
});
export const OPENROUTER_CHAT = chat({
  reportsLast: true,
  prelude: ': OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n',
  envelope: { provider: 'Anthropic' },
  choice: { native_finish_reason: 'stop' },
  cached: 7,
  usage: { cost: 0.00014, ...cachedDetails(7) },
});
export const THINKING_CHAT = chat({ thinking: { reasoning_content: 'They greet.' } });
export const PLAIN_CHAT = chat();
export const REPORTS_LAST_CHAT = chat({ reportsLast: true });

/** Anthropic Messages; `start` is the usage of `message_start`, `end` that of the end. */
function messages(start: object, end: object, usage: Shape['usage']): Shape {
  const base = { id: 'msg_1', type: 'message', role: 'assistant', model: 'vendor-model' };
  const block = (index: number, text: string): object => ({
    type: 'content_block_delta',
    index,
    delta: { type: 'text_delta', text },
  });
  return {
    json: JSON.stringify({
      ...base,
      content: [{ type: 'text', text: 'Hello!' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { ...start, ...end },
    }),
    stream: [
      {
        type: 'message_start',
        message: { ...base, content: [], stop_reason: null, stop_sequence: null, usage: start },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'ping' },
      block(0, 'Hel'),
      block(0, 'lo!'),
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: end },
      { type: 'message_stop' },
    ]
      .map((data) => event(data, (data as { type: string }).type))
      .join(''),
    usage,
  };
}

export const ANTHROPIC_MESSAGES = messages(
  { input_tokens: 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 20, output_tokens: 1 },
  { output_tokens: 30 },
  { input: 100, cache_read: 20, output: 30 },
);
/** Compatible servers know the prompt's size at the end only. */
export const LATE_MESSAGES = messages(
  { input_tokens: 0, output_tokens: 0 },
  { input_tokens: 100, cache_read_input_tokens: 20, output_tokens: 30 },
  { input: 100, cache_read: 20, output: 30 },
);
export const PLAIN_MESSAGES = messages(
  { input_tokens: 120, output_tokens: 0 },
  { output_tokens: 30 },
  { input: 120, cache_read: 0, output: 30 },
);

/** OpenAI Responses. */
function responses(details: object, cached: number): Shape {
  const output = [
    {
      id: 'msg_1',
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Hello!', annotations: [] }],
    },
  ];
  const usage = { input_tokens: 120, output_tokens: 30, total_tokens: 150, ...details };
  const base = { id: 'resp_1', object: 'response', created_at: 1763900000, model: 'vendor-model' };
  const done = { ...base, status: 'completed', error: null, output, usage };
  const begun = { ...base, status: 'in_progress', error: null, output: [], usage: null };
  const delta = (text: string): object => ({
    type: 'response.output_text.delta',
    item_id: 'msg_1',
    output_index: 0,
    content_index: 0,
    delta: text,
  });
  const events = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...output[0], status: 'in_progress', content: [] },
    },
    delta('Hel'),
    delta('lo!'),
    { type: 'response.output_item.done', output_index: 0, item: output[0] },
    { type: 'response.completed', response: done },
  ] as { type: string }[];
  return {
    json: JSON.stringify(done),
    stream: events.map((data, index) => event({ ...data, sequence_number: index }, data.type)).join(''),
    usage: { input: 120 - cached, cache_read: cached, output: 30 },
  };
}

export const OPENAI_RESPONSES = responses(
  { input_tokens_details: { cached_tokens: 20 }, output_tokens_details: { reasoning_tokens: 10 } },
  20,
);
export const PLAIN_RESPONSES = responses({}, 0);
