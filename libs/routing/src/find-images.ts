import { arrayItems, decodeString, walkObject, type Range, type ScannedBody } from '@muxgate/json-scan';

/** Content blocks that are images: of Anthropic Messages, Chat Completions and Responses. */
const IMAGES = new Set(['image', 'image_url', 'input_image']);
const LONGEST_ESCAPED = 6 * 'input_image'.length + 2;

/** Where content blocks hold further ones: a message's and a tool result's `content`, a function call's `output`. */
const KEYS = ['type', 'content', 'output'] as const;

/** Deep enough for the image in a tool result in a message; a bound, since clients write what they like. */
const MAX_DEPTH = 4;

/** The image blocks of all messages, whole. */
export function findImages(body: Buffer, { messages, input }: ScannedBody['fields']): Range[] {
  const images: Range[] = [];
  // the walk reads every byte several times, these searches once: without either no type below can be there
  if (!body.includes('image', 0, 'latin1') && !body.includes('\\u00', 0, 'latin1')) return images;
  for (const range of [messages, input]) if (range !== undefined) search(body, range, MAX_DEPTH, images);
  return images;
}

function search(body: Buffer, within: Range, depth: number, images: Range[]): void {
  const first = body[within.start];
  if (first === 0x5b /* [ */) {
    for (const item of arrayItems(body, within.start)) searchBlock(body, item, depth, images);
  } else if (first === 0x7b /* { */) searchBlock(body, within, depth, images);
}

function searchBlock(body: Buffer, block: Range, depth: number, images: Range[]): void {
  let isImage = false;
  const inner: Range[] = [];
  walkObject(body, block.start, KEYS, (name, start, end) => {
    if (name === 'type') isImage = namesImage(body, start, end);
    else inner.push({ start, end });
  });
  if (isImage) images.push(block);
  else if (depth > 1) for (const range of inner) search(body, range, depth - 1, images);
}

function namesImage(body: Buffer, start: number, end: number): boolean {
  if (end - start > LONGEST_ESCAPED) return false;
  const plain = body.toString('latin1', start + 1, end - 1);
  return IMAGES.has(plain.includes('\\') ? (decodeString(body, start, end) ?? '') : plain);
}
