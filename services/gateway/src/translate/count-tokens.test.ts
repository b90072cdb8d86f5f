import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { TokenCounter } from './count-tokens.js';
import { imageSize } from './image-size.js';

const counter = new TokenCounter();
afterAll(() => counter.close());

const asking = (content: unknown, extra: object = {}) =>
  counter.count({ model: 'm', messages: [{ role: 'user', content }], ...extra });

describe('tokens', () => {
  it('are a tokenizer’s, not characters by four', async () => {
    expect(await asking('hello world')).toBe(2 + 4);
    expect(await asking('internationalization '.repeat(100))).toBeLessThan(400);
  });

  it('of system, tools, calls, results and thoughts all count', async () => {
    const plain = await asking('hi');
    const long = 'word '.repeat(200);
    expect(await asking('hi', { system: long })).toBeGreaterThan(plain + 190);
    const tools = [{ name: 't', description: long, input_schema: { type: 'object' } }];
    expect(await asking('hi', { tools })).toBeGreaterThan(plain + 190);
    for (const content of [
      [{ type: 'tool_use', id: 'a', name: 't', input: { text: long } }],
      [{ type: 'thinking', thinking: long, signature: 's' }],
    ]) {
      const messages = [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content },
      ];
      expect(await counter.count({ model: 'm', messages })).toBeGreaterThan(plain + 190);
    }
    expect(await asking([{ type: 'tool_result', tool_use_id: 'a', content: long }])).toBeGreaterThan(190);
  });

  it('of images go by their size', async () => {
    const png = (width: number, height: number): string => {
      const bytes = Buffer.alloc(64);
      bytes.writeUInt32BE(0x89504e47, 0);
      bytes.writeUInt32BE(width, 16);
      bytes.writeUInt32BE(height, 20);
      return bytes.toString('base64');
    };
    const image = (data: string) => [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
    ];
    expect(await asking(image(png(300, 250)))).toBe(4 + 100);
    expect(await asking(image(png(8_000, 8_000)))).toBe(4 + 1_600);
    expect(await asking([{ type: 'image', source: { type: 'url', url: 'https://e.example/a.png' } }])).toBe(
      4 + 1_600,
    );
  });

  it('of documents go by their pages', async () => {
    const data = Buffer.from('/Type /Pages /Type /Page /Type/Page').toString('base64');
    const source = { type: 'base64', media_type: 'application/pdf', data };
    expect(await asking([{ type: 'document', source }])).toBe(4 + 5_000);
  });

  it('of one endless word, and of a tokenizer’s own marks, are counted like any', async () => {
    expect(await asking('a'.repeat(1_000_000))).toBeGreaterThan(100_000);
    expect(await asking('<|endoftext|>')).toBeGreaterThan(4);
  });

  it('are refused while too much waits to be counted, and counted again when that is done', async () => {
    const small = new TokenCounter(1_000);
    const count = () =>
      small.count({ model: 'm', messages: [{ role: 'user', content: 'word '.repeat(100) }] });
    const asked = await Promise.allSettled([count(), count(), count()]);
    expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(asked[2]).toMatchObject({ reason: { code: 'overloaded', status: 503 } });
    expect(await count()).toBeGreaterThan(100);
    await small.close();
  });

  it('never hold up the event loop: not the first, for which the vocabulary is loaded, nor a megabyte', async () => {
    const fresh = new TokenCounter();
    const turns = longestTurn();
    await fresh.count({ model: 'm', messages: [{ role: 'user', content: 'hello world' }] });
    await asking('return stream.pipe(`gateway`); // keep the bytes ✓\n'.repeat(20_000));
    expect(await turns.ms()).toBeLessThan(70);
    await fresh.close();
  });
});

/** The most CPU that this thread spends between two turns of its loop: unlike time, it does not grow on a busy machine. */
function longestTurn(): { ms(): Promise<number> } {
  let longest = 0;
  let last = process.threadCpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.threadCpuUsage(last);
    longest = Math.max(longest, user + system);
    last = process.threadCpuUsage();
  }, 1);
  return {
    ms: async () => {
      await sleep(5);
      clearInterval(timer);
      return longest / 1_000;
    },
  };
}

describe('size of an image', () => {
  const from = (...parts: (string | number[])[]): Buffer =>
    Buffer.concat([
      ...parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
      Buffer.alloc(40),
    ]);
  it.each([
    ['GIF', from('GIF89a', [0x40, 0x01, 0xf0, 0x00])],
    ['JPEG', from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 17, 8, 0, 240, 1, 64])],
    ['WebP, lossy', from('RIFF....WEBPVP8 ', Array<number>(10).fill(0), [0x40, 0x01, 0xf0, 0x00])],
    ['WebP, extended', from('RIFF....WEBPVP8X', Array<number>(8).fill(0), [0x3f, 1, 0, 0xef, 0, 0])],
  ])('%s', (_name, bytes) => {
    expect(imageSize(bytes)).toEqual({ width: 320, height: 240 });
  });

  it('is unknown for anything else', () => {
    expect(imageSize(Buffer.alloc(0))).toBeUndefined();
    expect(imageSize(Buffer.alloc(100, 'x'))).toBeUndefined();
    expect(imageSize(from([0xff, 0xd8, 0xff, 0xe0, 0, 0]))).toBeUndefined();
  });
});
