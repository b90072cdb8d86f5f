import { createSecretKey, type KeyObject } from 'node:crypto';
import { messageOf } from '@muxgate/runtime';
import { ValidateBy } from 'class-validator';
import { KeyRingInvalid } from './errors.js';

const KEY_BYTES = 32;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

/** `kid:base64-of-32-bytes,…`: the first key seals, all of them open. Keys never leave as text. */
export class KeyRing {
  private constructor(
    /** Id of the key that seals. */
    readonly primary: string,
    private readonly keys: ReadonlyMap<string, KeyObject>,
  ) {}

  /**
   * @param name what the ring is called in errors: the variable that it came from
   * @throws KeyRingInvalid naming the entry by its place and, where it is one, its id
   */
  static parse(text: string, name = 'key ring'): KeyRing {
    const keys = new Map<string, KeyObject>();
    for (const [index, entry] of text.split(',').entries()) {
      const colon = entry.indexOf(':');
      const kid = entry.slice(0, Math.max(colon, 0)).trim();
      if (!KEY_ID.test(kid)) throw invalid(name, index, 'must be kid:base64, with a kid of A-Z a-z 0-9 _ -');
      if (keys.has(kid)) throw invalid(name, index, `repeats the key id "${kid}"`);
      const bytes = decodeBase64(entry.slice(colon + 1).trim());
      if (bytes?.length !== KEY_BYTES)
        throw invalid(name, index, `("${kid}") must be base64 of ${KEY_BYTES} bytes`);
      keys.set(kid, createSecretKey(bytes));
      bytes.fill(0);
    }
    const [primary] = keys.keys();
    if (primary === undefined) throw new KeyRingInvalid(`${name} is empty`);
    return new KeyRing(primary, keys);
  }

  get kids(): string[] {
    return [...this.keys.keys()];
  }

  key(kid: string): KeyObject | undefined {
    return this.keys.get(kid);
  }
}

/** Both alphabets, padded or not; Buffer would skip what it does not know, so the text is checked first. */
function decodeBase64(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

function invalid(name: string, index: number, reason: string): Error {
  return new KeyRingInvalid(`${name}: entry ${index + 1} ${reason}`);
}

/** The rule of an environment variable that holds a key ring; the message names the entry at fault, never a key. */
export function IsKeyRing(): PropertyDecorator {
  return ValidateBy({
    name: 'isKeyRing',
    validator: {
      validate: (value) => faultOf(value) === undefined,
      defaultMessage: (argument) => faultOf(argument?.value) ?? '',
    },
  });
}

function faultOf(value: unknown): string | undefined {
  try {
    KeyRing.parse(String(value), 'the key ring');
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
