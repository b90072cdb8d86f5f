import { createCipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { open, seal, type EnvelopeContext } from './envelope.js';
import { KeyRing } from './key-ring.js';

const entry = (kid: string): string => `${kid}:${randomBytes(32).toString('base64')}`;
const [old, fresh] = [entry('old'), entry('new')];
const ring = KeyRing.parse(`${fresh},${old}`);
const context: EnvelopeContext = { purpose: 'refresh', credential: 'one', provider: 'acme', generation: 7 };

describe('an envelope', () => {
  it('opens to what was sealed, whatever that is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(open(ring, seal(ring, text, context), context)).toBe(text);
      }),
    );
  });

  it('names the key that sealed it, shows nothing of its content and is never twice the same', () => {
    const envelope = seal(ring, 'secret-token', context);
    expect(envelope).toMatch(/^mxe1\.new\.[A-Za-z0-9_-]+$/);
    expect(Buffer.from(envelope.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('secret');
    expect(seal(ring, 'secret-token', context)).not.toBe(envelope);
  });

  it('opens after its key has stopped sealing, and not after it is gone', () => {
    const envelope = seal(KeyRing.parse(old), 'token', context);
    expect(open(ring, envelope, context)).toBe('token');
    expect(() => open(KeyRing.parse(fresh), envelope, context)).toThrow(/does not open/);
  });

  it.each<[string, Partial<EnvelopeContext>]>([
    ['purpose', { purpose: 'access' }],
    ['credential', { credential: 'two' }],
    ['provider', { provider: 'other' }],
    ['generation', { generation: 8 }],
    ['parts shifted against each other', { credential: 'onea', provider: 'cme' }],
  ])('does not open in another place: %s', (_name, change) => {
    const envelope = seal(ring, 'token', context);
    expect(() => open(ring, envelope, { ...context, ...change })).toThrow(/does not open/);
  });

  it('does not open with any bit changed', () => {
    const [version, kid, body = ''] = seal(ring, 'token', context).split('.');
    const bytes = Buffer.from(body, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => open(ring, [version, kid, changed.toString('base64url')].join('.'), context)).toThrow(
        /does not open/,
      );
    }
  });

  it('does not open when cut short, of another version, of an unknown key, or no envelope at all', () => {
    const [, kid, body = ''] = seal(ring, 'token', context).split('.');
    const broken = [
      '',
      'mxe1',
      `mxe1.${kid}`,
      `mxe2.${kid}.${body}`,
      `mxe1.who.${body}`,
      `mxe1.${kid}.${body}.x`,
    ];
    for (const length of [0, 11, 12, 27, 28]) broken.push(`mxe1.${kid}.${body.slice(0, length)}`);
    for (const envelope of broken) expect(() => open(ring, envelope, context)).toThrow(/does not open/);
  });

  it('with a shortened tag is refused, although the cipher alone would take it', () => {
    const key = randomBytes(32);
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 4 });
    const sealed = Buffer.concat([
      iv,
      cipher.update('token'.padEnd(12)),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    const forged = `mxe1.k.${sealed.toString('base64url')}`;
    expect(() => open(KeyRing.parse(`k:${key.toString('base64')}`), forged, context)).toThrow(
      /does not open/,
    );
  });
});

describe('a key ring', () => {
  it('seals with its first key', () => {
    expect(ring.primary).toBe('new');
  });

  it.each([
    ['', /entry 1 must be kid:base64/],
    ['nokey', /entry 1 must be kid:base64/],
    [`${fresh},bad kid:AAAA`, /entry 2 must be kid:base64/],
    ['short:c2VjcmV0', /entry 1 \("short"\) must be base64 of 32 bytes/],
    [`k:${'!'.repeat(43)}=`, /must be base64/],
    [`${fresh},${entry('new')}`, /entry 2 repeats the key id "new"/],
  ])('that is wrong says where, and never shows a key: %#', (text, message) => {
    const error = thrownBy(() => KeyRing.parse(text, 'MUXGATE_ACCESS_KEYS'));
    expect(error).toMatchObject({
      code: 'config_key_ring',
      message: expect.stringMatching(message) as string,
    });
    expect(String(error)).toContain('MUXGATE_ACCESS_KEYS');
    expect(String(error)).not.toContain('c2VjcmV0');
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
