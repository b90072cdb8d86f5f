import { textOf } from './json.js';

const SIGNATURE = 'muxgate.anthropic.signature.';
const REDACTED = 'muxgate.anthropic.redacted.';

/**
 * An Anthropic signature as the `encrypted_content` of an OpenAI reasoning item: the client keeps it for us and sends
 * it back, as it does with OpenAI's own.
 */
export function sealSignature(proof: {
  signature?: string | undefined;
  redactedData?: string;
}): string | undefined {
  if (proof.signature !== undefined) return SIGNATURE + proof.signature;
  return proof.redactedData === undefined ? undefined : REDACTED + proof.redactedData;
}

/** Nothing where the item's thought was another vendor's. */
export function openSignature(content: unknown): { signature?: string; redactedData?: string } {
  const text = textOf(content) ?? '';
  if (text.startsWith(SIGNATURE)) return { signature: text.slice(SIGNATURE.length) };
  return text.startsWith(REDACTED) ? { redactedData: text.slice(REDACTED.length) } : {};
}
