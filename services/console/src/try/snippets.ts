/** Set-up lines for the clients that people use, ready to be pasted. */
export function snippets(
  url: string,
  key: string,
  model: string,
): readonly { name: string; lines: string }[] {
  return [
    {
      name: 'Claude Code',
      lines: `export ANTHROPIC_BASE_URL=${url}\nexport ANTHROPIC_AUTH_TOKEN=${key}\nclaude --model ${model}`,
    },
    {
      name: 'Codex',
      lines: `# ~/.codex/config.toml
model = "${model}"
model_provider = "muxgate"

[model_providers.muxgate]
name = "Muxgate"
base_url = "${url}/v1"
env_key = "MUXGATE_KEY"
wire_api = "responses"

# shell
export MUXGATE_KEY=${key}`,
    },
    {
      name: 'opencode',
      lines: JSON.stringify(
        {
          $schema: 'https://opencode.ai/config.json',
          provider: {
            muxgate: {
              npm: '@ai-sdk/openai-compatible',
              name: 'Muxgate',
              options: { baseURL: `${url}/v1`, apiKey: key },
              models: { [model]: {} },
            },
          },
        },
        null,
        2,
      ),
    },
    {
      name: 'Anthropic SDK',
      lines: `import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ baseURL: '${url}', apiKey: '${key}' });
const message = await client.messages.create({
  model: '${model}',
  max_tokens: 200,
  messages: [{ role: 'user', content: 'Hello' }],
});`,
    },
    {
      name: 'OpenAI SDK',
      lines: `import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '${url}/v1', apiKey: '${key}' });
const answer = await client.chat.completions.create({
  model: '${model}',
  messages: [{ role: 'user', content: 'Hello' }],
});`,
    },
  ];
}
