import type { LanguageModelV4FilePart } from '@ai-sdk/provider';
import { malformed } from './json.js';

const BY_EXTENSION: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  pdf: 'application/pdf',
};
const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,/;

/** A file by its address, which may be a `data:` one; `otherwise` is its type where the address does not tell. */
export function fileFromUrl(address: string, otherwise: string, path: string): LanguageModelV4FilePart {
  const inline = DATA_URL.exec(address);
  if (inline !== null) return fileFromData(address.slice(inline[0].length), inline[1] ?? otherwise);
  if (!URL.canParse(address)) malformed(path, 'must be a URL');
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    malformed(path, 'must be an http, https or base64 data URL');
  const extension = url.pathname.slice(url.pathname.lastIndexOf('.') + 1).toLowerCase();
  return { type: 'file', mediaType: BY_EXTENSION[extension] ?? otherwise, data: { type: 'url', url } };
}

export function fileFromData(base64: string, mediaType: string): LanguageModelV4FilePart {
  return { type: 'file', mediaType, data: { type: 'data', data: base64 } };
}
