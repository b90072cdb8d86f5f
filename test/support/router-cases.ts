/**
 * What the router decides, as a table: every row of claude-code-mux's rules and ours. The unit test asks the pure
 * function, the contract test sends each request through a gateway and asks the auth service to explain it.
 */
export interface RouterCase {
  readonly title: string;
  readonly router: Record<string, unknown>;
  /** the model's name is `m-asked` unless it says otherwise */
  readonly body?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
  readonly surface?: 'anthropic-messages' | 'openai-chat' | 'openai-responses';
  readonly expected: readonly [rule: string, model: string];
}

const ALL = { webSearch: 'm-search', think: 'm-think', background: 'm-back', image: 'm-image' };
const MAPPED = { autoMap: '^claude-', default: 'm-default' };
const WEB_SEARCH = { tools: [{ type: 'web_search_20250305', name: 'web_search' }] };
const THINKING = { thinking: { type: 'enabled', budget_tokens: 1024 } };
const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } };
const user = (content: unknown) => ({ role: 'user', content });
const tag = (model: string, word = 'MUXGATE') => `<${word}-SUBAGENT-MODEL>${model}</${word}-SUBAGENT-MODEL>`;
const rule = (when: Record<string, unknown>) => ({ rules: [{ name: 'r', when, use: 'm-rule' }] });
const CLASS = 'x-claude-code-request-class';
const longText = 'four bytes a token '.repeat(400);

export const ROUTER_CASES: readonly RouterCase[] = [
  // 0. autoMap is a rewrite, not a decision
  { title: 'nothing configured: the name as it is', router: {}, expected: ['default', 'm-asked'] },
  {
    title: 'autoMap maps what it finds',
    router: MAPPED,
    body: { model: 'claude-opus-9' },
    expected: ['default', 'm-default'],
  },
  { title: 'autoMap leaves others alone', router: MAPPED, expected: ['default', 'm-asked'] },
  {
    title: 'autoMap searches, it does not match the whole name',
    router: { autoMap: 'opus', default: 'm-default' },
    body: { model: 'my-opus-9' },
    expected: ['default', 'm-default'],
  },
  {
    title: 'without autoMap nothing is mapped',
    router: { default: 'm-default' },
    expected: ['default', 'm-asked'],
  },
  {
    title: 'autoMap comes before all, and any rule still wins over it',
    router: { ...MAPPED, ...ALL },
    body: { model: 'claude-opus-9', ...THINKING },
    expected: ['think', 'm-think'],
  },
  // 1. web search
  { title: 'a web search tool', router: ALL, body: WEB_SEARCH, expected: ['webSearch', 'm-search'] },
  {
    title: 'a web search tool among others',
    router: ALL,
    body: {
      tools: [
        { name: 'Bash', input_schema: {} },
        { type: 'web_search', name: 'w' },
      ],
    },
    expected: ['webSearch', 'm-search'],
  },
  {
    title: 'a tool that is only named web_search is none',
    router: ALL,
    body: { tools: [{ name: 'web_search', input_schema: {} }] },
    expected: ['default', 'm-asked'],
  },
  {
    title: 'web search without an entry does not apply',
    router: { think: 'm-think' },
    body: WEB_SEARCH,
    expected: ['default', 'm-asked'],
  },
  {
    title: 'web search before subagent tag, thinking and background',
    router: ALL,
    body: { ...WEB_SEARCH, ...THINKING, model: 'claude-haiku', system: tag('m-sub') },
    expected: ['webSearch', 'm-search'],
  },
  // 2. subagent tags
  {
    title: 'a tag in the second system block',
    router: ALL,
    body: {
      system: [
        { type: 'text', text: 'one' },
        { type: 'text', text: `two ${tag('m-sub', 'CCM')}` },
      ],
    },
    expected: ['subagent', 'm-sub'],
  },
  {
    title: 'a tag in the first system block',
    router: {},
    body: { system: [{ type: 'text', text: tag('m-sub', 'CCR') }] },
    expected: ['subagent', 'm-sub'],
  },
  {
    title: 'a tag in a system string',
    router: {},
    body: { system: `You are. ${tag('m-sub')}` },
    expected: ['subagent', 'm-sub'],
  },
  {
    title: 'a tag in the second message of the user',
    router: {},
    body: {
      messages: [
        user('hello'),
        { role: 'assistant', content: 'yes' },
        user([{ type: 'text', text: `${tag('m-sub')}go` }]),
      ],
    },
    expected: ['subagent', 'm-sub'],
  },
  {
    title: 'not in the third',
    router: {},
    body: { messages: [user('1'), user('2'), user(tag('m-sub'))] },
    expected: ['default', 'm-asked'],
  },
  {
    title: 'nor in what the assistant said',
    router: {},
    body: { messages: [user('1'), { role: 'assistant', content: tag('m-sub') }] },
    expected: ['default', 'm-asked'],
  },
  {
    title: 'nor in a tool’s result',
    router: {},
    body: { messages: [user([{ type: 'tool_result', tool_use_id: 't', content: tag('m-sub') }])] },
    expected: ['default', 'm-asked'],
  },
  {
    title: 'the first tag wins, the system’s before the user’s',
    router: {},
    body: { system: `${tag('m-sub')}${tag('m-rule')}`, messages: [user(tag('m-think'))] },
    expected: ['subagent', 'm-sub'],
  },
  {
    title: 'a tag that is not closed by its own word is text',
    router: {},
    body: { system: '<CCM-SUBAGENT-MODEL>m-sub</CCR-SUBAGENT-MODEL>' },
    expected: ['default', 'm-asked'],
  },
  {
    title: 'a tag before thinking',
    router: ALL,
    body: { ...THINKING, system: tag('m-sub') },
    expected: ['subagent', 'm-sub'],
  },
  // 3. thinking
  { title: 'thinking enabled', router: ALL, body: THINKING, expected: ['think', 'm-think'] },
  {
    title: 'thinking adaptive',
    router: ALL,
    body: { thinking: { type: 'adaptive' } },
    expected: ['think', 'm-think'],
  },
  {
    title: 'thinking disabled',
    router: ALL,
    body: { thinking: { type: 'disabled' } },
    expected: ['default', 'm-asked'],
  },
  {
    title: 'thinking without an entry does not apply',
    router: { background: 'm-back' },
    body: THINKING,
    expected: ['default', 'm-asked'],
  },
  {
    title: 'thinking before background',
    router: ALL,
    body: { model: 'claude-3-haiku', ...THINKING },
    expected: ['think', 'm-think'],
  },
  // 4. background
  {
    title: 'the original name of a small model',
    router: ALL,
    body: { model: 'Claude-3-HAIKU' },
    expected: ['background', 'm-back'],
  },
  {
    title: 'the original name also where autoMap has changed it',
    router: { ...MAPPED, ...ALL },
    body: { model: 'claude-3-5-haiku-latest' },
    expected: ['background', 'm-back'],
  },
  {
    title: 'a backgroundPattern of one’s own',
    router: { background: 'm-back', backgroundPattern: '^m-ask' },
    expected: ['background', 'm-back'],
  },
  ...['auxiliary', 'compaction', 'workflow'].map((value) => ({
    title: `request class ${value}`,
    router: ALL,
    headers: { [CLASS]: value },
    expected: ['background', 'm-back'] as const,
  })),
  ...['main', 'subagent'].map((value) => ({
    title: `request class ${value} is none`,
    router: ALL,
    headers: { [CLASS]: value },
    expected: ['default', 'm-asked'] as const,
  })),
  {
    title: 'background without an entry does not apply',
    router: { think: 'm-think' },
    headers: { [CLASS]: 'auxiliary' },
    expected: ['default', 'm-asked'],
  },
  {
    title: 'background before image',
    router: ALL,
    headers: { [CLASS]: 'auxiliary' },
    body: { messages: [user([IMAGE])] },
    expected: ['background', 'm-back'],
  },
  // 5. image
  {
    title: 'an image block',
    router: ALL,
    body: { messages: [user([{ type: 'text', text: 'what?' }, IMAGE])] },
    expected: ['image', 'm-image'],
  },
  {
    title: 'an image inside a tool’s result',
    router: ALL,
    body: { messages: [user('x'), user([{ type: 'tool_result', tool_use_id: 't', content: [IMAGE] }])] },
    expected: ['image', 'm-image'],
  },
  {
    title: 'text about an image is none',
    router: ALL,
    body: { messages: [user('{"type":"image"}'), user([{ type: 'text', text: '"type":"image"' }])] },
    expected: ['default', 'm-asked'],
  },
  {
    title: 'image before long context',
    router: { image: 'm-image', longContext: { model: 'm-long', thresholdTokens: 10 } },
    body: { messages: [user([{ type: 'text', text: longText }, IMAGE])] },
    expected: ['image', 'm-image'],
  },
  // 6. long context
  {
    title: 'an input above the threshold',
    router: { longContext: { model: 'm-long', thresholdTokens: 1000 } },
    body: { messages: [user(longText)] },
    expected: ['longContext', 'm-long'],
  },
  {
    title: 'system and tools count',
    router: { longContext: { model: 'm-long', thresholdTokens: 3000 } },
    body: { system: longText, tools: [{ name: 't', description: longText, input_schema: {} }] },
    expected: ['longContext', 'm-long'],
  },
  {
    title: 'an input below it',
    router: { longContext: { model: 'm-long', thresholdTokens: 2500 } },
    body: { messages: [user(longText)] },
    expected: ['default', 'm-asked'],
  },
  {
    title: 'an image counts as an image, not by its base64',
    router: { longContext: { model: 'm-long', thresholdTokens: 2500 } },
    body: { messages: [user([{ ...IMAGE, source: { ...IMAGE.source, data: 'A'.repeat(40_000) } }])] },
    expected: ['default', 'm-asked'],
  },
  // 7. rules, before all of it
  {
    title: 'a rule before web search',
    router: { ...ALL, ...rule({ thinking: false }) },
    body: WEB_SEARCH,
    expected: ['rule:r', 'm-rule'],
  },
  {
    title: 'the first rule that matches wins',
    router: {
      rules: [
        { name: 'never', when: { model: '^x$' }, use: 'm-think' },
        { name: 'one', when: { thinking: true }, use: 'm-rule' },
        { name: 'two', when: { thinking: true }, use: 'm-back' },
      ],
    },
    body: THINKING,
    expected: ['rule:one', 'm-rule'],
  },
  {
    title: 'all conditions must hold',
    router: rule({ thinking: true, image: true }),
    body: THINKING,
    expected: ['default', 'm-asked'],
  },
  {
    title: 'model: the name that was asked for, not the mapped one',
    router: { ...MAPPED, ...rule({ model: 'opus-9$' }) },
    body: { model: 'claude-opus-9' },
    expected: ['rule:r', 'm-rule'],
  },
  {
    title: 'header: a pattern of its value',
    router: rule({ header: { 'User-Agent': '(?i)codex' } }),
    headers: { 'user-agent': 'Codex/1.2' },
    expected: ['rule:r', 'm-rule'],
  },
  {
    title: 'header: absent does not match, whatever the pattern',
    router: rule({ header: { 'x-team-header': '.*' } }),
    expected: ['default', 'm-asked'],
  },
  { title: 'client', router: rule({ client: ['x', 'test'] }), expected: ['rule:r', 'm-rule'] },
  { title: 'another client', router: rule({ client: 'tes' }), expected: ['default', 'm-asked'] },
  { title: 'team', router: rule({ team: 'core' }), expected: ['rule:r', 'm-rule'] },
  { title: 'another team', router: rule({ team: ['ci'] }), expected: ['default', 'm-asked'] },
  {
    title: 'tool by name',
    router: rule({ tool: 'Bash' }),
    body: {
      tools: [
        { name: 'Read', input_schema: {} },
        { name: 'Bash', input_schema: {} },
      ],
    },
    expected: ['rule:r', 'm-rule'],
  },
  {
    title: 'tool by type',
    router: rule({ tool: ['computer_20250124'] }),
    body: { tools: [{ type: 'computer_20250124', name: 'computer' }] },
    expected: ['rule:r', 'm-rule'],
  },
  {
    title: 'tool is exact',
    router: rule({ tool: 'Bas' }),
    body: { tools: [{ name: 'Bash', input_schema: {} }] },
    expected: ['default', 'm-asked'],
  },
  {
    title: 'requestClass',
    router: rule({ requestClass: ['compaction', 'workflow'] }),
    headers: { [CLASS]: 'workflow' },
    expected: ['rule:r', 'm-rule'],
  },
  {
    title: 'image: false',
    router: rule({ image: false }),
    body: { messages: [user([IMAGE])] },
    expected: ['default', 'm-asked'],
  },
  {
    title: 'minTokens reached',
    router: rule({ minTokens: 1500 }),
    body: { messages: [user(longText)] },
    expected: ['rule:r', 'm-rule'],
  },
  {
    title: 'minTokens not reached',
    router: rule({ minTokens: 2500 }),
    body: { messages: [user(longText)] },
    expected: ['default', 'm-asked'],
  },
  // OpenAI's surfaces show the same
  {
    title: 'chat: reasoning effort is thinking',
    surface: 'openai-chat',
    router: ALL,
    body: { reasoning_effort: 'high' },
    expected: ['think', 'm-think'],
  },
  {
    title: 'chat: no effort is none',
    surface: 'openai-chat',
    router: ALL,
    body: { reasoning_effort: 'none' },
    expected: ['default', 'm-asked'],
  },
  {
    title: 'chat: an image_url part',
    surface: 'openai-chat',
    router: ALL,
    body: { messages: [user([{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }])] },
    expected: ['image', 'm-image'],
  },
  {
    title: 'chat: a function’s name',
    surface: 'openai-chat',
    router: rule({ tool: 'lookup' }),
    body: { tools: [{ type: 'function', function: { name: 'lookup', parameters: {} } }] },
    expected: ['rule:r', 'm-rule'],
  },
  {
    title: 'chat: a tag in a developer message, wherever it stands',
    surface: 'openai-chat',
    router: {},
    body: { messages: [user('1'), user('2'), { role: 'developer', content: tag('m-sub') }] },
    expected: ['subagent', 'm-sub'],
  },
  {
    title: 'responses: reasoning is thinking',
    surface: 'openai-responses',
    router: ALL,
    body: { reasoning: { effort: 'low', summary: 'auto' } },
    expected: ['think', 'm-think'],
  },
  {
    title: 'responses: its web search tool',
    surface: 'openai-responses',
    router: ALL,
    body: { tools: [{ type: 'web_search_preview' }] },
    expected: ['webSearch', 'm-search'],
  },
  {
    title: 'responses: an input_image',
    surface: 'openai-responses',
    router: ALL,
    body: { input: [user([{ type: 'input_image', image_url: 'https://images.example/a.png' }])] },
    expected: ['image', 'm-image'],
  },
  {
    title: 'responses: an image that a function returned',
    surface: 'openai-responses',
    router: ALL,
    body: { input: [{ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image' }] }] },
    expected: ['image', 'm-image'],
  },
  {
    title: 'responses: a tag in instructions',
    surface: 'openai-responses',
    router: {},
    body: { instructions: tag('m-sub'), input: 'go' },
    expected: ['subagent', 'm-sub'],
  },
  {
    title: 'responses: a tag in an input that is one string',
    surface: 'openai-responses',
    router: {},
    body: { input: `${tag('m-sub')}go` },
    expected: ['subagent', 'm-sub'],
  },
];

/** The request body of a case, as the client would send it. */
export function bodyOf({ surface, body }: RouterCase): Record<string, unknown> {
  const rest = surface === 'openai-responses' ? { input: 'hello' } : { messages: [user('hello')] };
  return { model: 'm-asked', ...rest, ...body };
}
