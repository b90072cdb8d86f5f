import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { EnvelopeInvalid } from './errors.js';
import type { KeyRing } from './key-ring.js';

export type EnvelopePurpose =
  | 'access'
  | 'refresh'
  | 'orphan'
  | 'escrow'
  | 'transaction'
  | 'stored-key'
  | 'client-keys'
  | 'import-key'
  | 'canary';

/** What an envelope is bound to: it opens only in the place, and for the use, that it was sealed for. */
export interface EnvelopeContext {
  readonly purpose: EnvelopePurpose;
  readonly credential: string;
  readonly provider: string;
  readonly generation: number;
}

const VERSION = 'mxe1';
const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12; // NIST SP 800-38D, section 8.2.2: 96 random bits
const TAG_BYTES = 16; // demanded when opening too: Node would take a shorter, forgeable tag

/** `mxe1.<kid>.<base64url of iv, ciphertext and tag>`, AES-256-GCM. */
export function seal(
  ring: KeyRing,
  plaintext: string,
  context: EnvelopeContext,
  kid: string = ring.primary,
): string {
  const key = ring.key(kid);
  if (key === undefined) throw new EnvelopeInvalid(`the key ring has no key "${kid}"`);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(context, kid));
  const sealed = Buffer.concat([iv, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${VERSION}.${kid}.${sealed.toString('base64url')}`;
}

/** @throws EnvelopeInvalid, the same for every cause, and never with a part of the content. */
export function open(ring: KeyRing, envelope: string, context: EnvelopeContext): string {
  const [version, kid = '', body = '', ...rest] = envelope.split('.');
  const key = ring.key(kid);
  const sealed = Buffer.from(body, 'base64url');
  if (version !== VERSION || key === undefined || rest.length > 0 || sealed.length < IV_BYTES + TAG_BYTES) {
    throw unopened(context);
  }
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(additionalData(context, kid));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    const ciphertext = sealed.subarray(IV_BYTES, sealed.length - TAG_BYTES);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  } catch {
    throw unopened(context);
  }
}

/** Each part with its length before it, so that no two contexts spell the same bytes. */
function additionalData(context: EnvelopeContext, kid: string): Buffer {
  const parts = [
    VERSION,
    context.purpose,
    context.credential,
    context.provider,
    String(context.generation),
    kid,
  ];
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

function unopened({ purpose, credential }: EnvelopeContext): Error {
  return new EnvelopeInvalid(`the ${purpose} envelope of credential "${credential}" does not open`);
}
