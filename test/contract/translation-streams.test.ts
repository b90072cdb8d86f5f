import { request as httpRequest } from 'node:http';
import type { ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/wait.ts';
import { connectCredential, json, type FakeUpstream } from './gateway.support.ts';
import { fixture, late, says, sse, TranslatingGateway } from './translation.support.ts';

describe('translated streams on the wire', () => {
  const world = new TranslatingGateway();
  const { ask, metric } = world;

  it('a token refused after a ping is replaced as well', async () => {
    await connectCredential(world.gateway.vault, 'idp', 'late-old');
    await eventually(async () => (await world.gateway.vault.readAccess('idp'))?.accessToken === 'late-old');
    world.upstream.answer = (request, res) => {
      if (request.headers.authorization !== 'Bearer late-old')
        return sse(fixture('chat-text-no-usage'))(request, res);
      setTimeout(() => {
        void connectCredential(world.gateway.vault, 'idp', 'late-new').then(() =>
          json(401, { error: { message: 'expired', type: 'x' } })(request, res),
        );
      }, 400);
    };
    const { status, text } = await ask('messages', says('messages', 'secured', true));
    expect(status).toBe(200);
    expect(text).toMatch(/event: ping[^]*message_start[^]*message_stop/);
    expect(text).not.toContain('expired');
  });

  it('a burst of content and an error is a stream that failed', async () => {
    world.upstream.answer = sse(fixture('chat-error'));
    const { status, text } = await ask('messages', says('messages', 'to-chat', true));
    expect(status).toBe(200);
    expect(text).toMatch(/text_delta[^]*event: error/);
  });

  describe('broken streams end in the surface’s error event', () => {
    const chatStart = fixture('chat-text-no-usage').split('\n\n').slice(0, 3).join('\n\n') + '\n\n';
    const tool = (delta: object): string =>
      `data: ${JSON.stringify({ id: 'x', choices: [{ index: 0, delta: { tool_calls: [delta] } }] })}\n\n`;
    const chatEnd = (reason: string): string =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: reason }] })}\n\ndata: [DONE]\n\n`;
    const anthropic = fixture('anthropic-text').split('\n\n').slice(0, 4).join('\n\n') + '\n\n';
    const anthropicStart = fixture('anthropic-text').split('\n\n')[0] + '\n\n';
    const responses = fixture('../translated/responses-text').split('\n\n');
    const responsesStart =
      responses
        .slice(0, responses.findIndex((event) => event.includes('output_text.delta')) + 1)
        .join('\n\n') + '\n\n';
    const gemini = `data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text: 'Hel' }] } }] })}\n\n`;

    const anthropicError = `${fixture('anthropic-error').split('\n\n').at(-2)}\n\n`;
    const table: [string, string, string, FakeUpstream['answer']][] = [
      ['chat without a finish reason', 'messages', 'to-chat', late(chatStart, 'data: [DONE]\n\n')],
      ['chat cut after an event', 'messages', 'to-chat', late(chatStart, '')],
      ['chat cut inside JSON', 'messages', 'to-chat', late(chatStart, 'data: {"choices":[{"ind')],
      [
        'chat with JSON that is broken',
        'responses',
        'to-chat',
        late(chatStart, `data: {"choices":[}\n\n${chatEnd('stop')}`),
      ],
      [
        'chat with an error',
        'messages',
        'to-chat',
        late(chatStart, fixture('chat-error').split('\n\n').slice(2).join('\n\n')),
      ],
      ['chat that falls silent', 'messages', 'to-chat', sse(chatStart, false)],
      [
        'chat that is reset',
        'messages',
        'to-chat',
        (request, res) => {
          void sse(chatStart, false)(request, res);
          setTimeout(() => res.socket?.resetAndDestroy(), 30);
        },
      ],
      [
        'a chat tool call whose arguments break off',
        'messages',
        'to-chat',
        late(
          chatStart,
          `${tool({ index: 0, id: 'a', function: { name: 'look', arguments: '{"at":' } })}${chatEnd('tool_calls')}`,
        ),
      ],
      ['anthropic without its end', 'chat', 'to-anthropic', late(anthropic, '')],
      [
        'anthropic that begins twice',
        'chat',
        'to-anthropic',
        late(anthropic, anthropicStart + fixture('anthropic-text')),
      ],
      [
        'anthropic with a block that begins twice',
        'responses',
        'to-anthropic',
        late(anthropic, fixture('anthropic-text').split('\n\n').slice(2).join('\n\n')),
      ],
      ['anthropic with an error', 'chat', 'to-anthropic', late(anthropic, anthropicError)],
      [
        'anthropic with an error, for Responses',
        'responses',
        'to-anthropic',
        late(anthropic, anthropicError),
      ],
      ['anthropic that falls silent', 'responses', 'to-anthropic', sse(anthropic, false)],
      ['responses without their end', 'messages', 'to-responses', late(responsesStart, '')],
      [
        'responses that fail',
        'chat',
        'to-responses',
        late(
          responsesStart,
          fixture('responses-failed')
            .split('\n\n')
            .filter((event) => event.includes('response.failed'))
            .join('') + '\n\n',
        ),
      ],
      ['responses that fall silent', 'chat', 'to-responses', sse(responsesStart, false)],
      ['gemini without a finish reason', 'messages', 'to-gemini', late(gemini, '')],
      ['gemini cut inside JSON', 'chat', 'to-gemini', late(gemini, 'data: {"candi')],
      [
        'gemini with an error',
        'messages',
        'to-gemini',
        late(gemini, `data: {"error":{"code":503,"message":"gone","status":"UNAVAILABLE"}}\n\n`),
      ],
    ];

    it.each(table)('%s (%s %s)', async (_name, surface, model, answer) => {
      const before = await metric(/^muxgate_stream_failures_total\{.*phase="mid_stream".*\} (\d+)$/);
      world.upstream.answer = answer;
      const { status, text } = await ask(surface, says(surface, model, true));
      expect(status).toBe(200);
      const last = text.trimEnd().split('\n\n').at(-1) ?? '';
      expect(last).toContain('"error"');
      expect(last.startsWith('event: error\n')).toBe(surface !== 'chat');
      for (const end of ['message_stop', '[DONE]', 'response.completed', 'finish_reason":"stop'])
        expect(text).not.toContain(end);
      expect(await metric(/^muxgate_stream_failures_total\{.*phase="mid_stream".*\} (\d+)$/)).toBe(
        before + 1,
      );
    });
  });

  it('fills silences with pings, and tells in the committed head what was dropped', async () => {
    world.upstream.answer = (request, res) =>
      void setTimeout(() => sse(fixture('chat-text-no-usage'))(request, res), 500);
    const answer = await ask('messages', {
      ...says('messages', 'to-chat', true),
      metadata: { user_id: 'u' },
    });
    expect(answer.text).toContain('event: ping');
    expect(answer.text).toContain('message_stop');
    expect(answer.headers['x-muxgate-dropped']).toBe('metadata');
  });

  it('a client that leaves stops the upstream, and what it used is counted', async () => {
    const before = await metric(/^muxgate_tokens_total\{type="output",model="to-chat".*\} (\d+)$/);
    world.upstream.answer = sse(
      fixture('chat-text-no-usage').split('\n\n').slice(0, 4).join('\n\n') + '\n\n',
      false,
    );
    const req = httpRequest(`${world.gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': world.gateway.key },
    });
    req.on('error', () => undefined);
    req.on('response', (res) => res.once('data', () => req.destroy()));
    req.end(JSON.stringify(says('messages', 'to-chat', true)));
    await eventually(() => world.upstream.aborted === 1);
    await eventually(async () =>
      expect(await metric(/^muxgate_tokens_total\{type="output",model="to-chat".*\} (\d+)$/)).toBeGreaterThan(
        before,
      ),
    );
  });

  it('no stream keeps the conversation that it answers', async () => {
    const body = JSON.stringify({
      ...says('messages', 'to-chat', true),
      messages: [{ role: 'user', content: 'y'.repeat(1_000_000) }],
    });
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const used = (): number => {
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return (heapUsed + arrayBuffers) / 1e6;
    };
    const beat = fixture('chat-text-no-usage').split('\n\n')[2] ?? '';
    world.upstream.answer = (_request, res) => {
      world.upstream.received.length = 0;
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => res.write(`${beat}\n\n`), 100);
      res.on('close', () => clearInterval(timer));
    };
    const before = used();
    let begun = 0;
    const clients = Array.from({ length: 30 }, () => {
      const req = httpRequest(`${world.gateway.url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': world.gateway.key },
      });
      req.on('error', () => undefined);
      req.on('response', (res) => {
        res.once('data', () => begun++);
        res.resume();
      });
      req.end(body);
      return req;
    });
    await eventually(() => begun === 30);
    await eventually(() => expect(used() - before).toBeLessThan(12));
    for (const client of clients) client.destroy();
    await eventually(() => world.upstream.aborted === 30);
  });

  it('a client that does not read holds the upstream back', async () => {
    let written = 0;
    const event = fixture('chat-text-no-usage')
      .split('\n\n')
      .find((each) => each.includes('Hello'));
    const chunk = `${event?.replace('Hello', 'x'.repeat(8_000))}\n\n`;
    const pour = (res: ServerResponse): void => {
      while (written < 5_000 && res.write(chunk)) written++;
      if (written < 5_000) res.once('drain', () => pour(res));
    };
    world.upstream.answer = (_request, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      pour(res);
    };
    const req = httpRequest(`${world.gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': world.gateway.key },
    });
    req.on('error', () => undefined);
    req.on('response', (res) => res.pause());
    req.end(JSON.stringify(says('messages', 'to-chat', true)));
    let last = -1;
    await eventually(() => {
      const still = written > 0 && written === last;
      last = written;
      return still;
    });
    expect(written).toBeLessThan(4_000);
    req.destroy();
    await eventually(() => world.upstream.aborted === 1);
  });
});
