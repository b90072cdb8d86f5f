import { describe, expect, it } from 'vitest';
import { descriptor } from '../test/support.js';
import { assertIssuer, IssuerMismatch } from './issuer.js';

describe('assertIssuer', () => {
  it.each([
    'https://evil.example',
    'https://id.example/',
    'https://ID.example',
    'https://id.example:443',
    '',
  ])('I1 refuses iss %j where the issuer is https://id.example', (iss) => {
    expect(() => assertIssuer(descriptor(), iss)).toThrow(IssuerMismatch);
  });

  it('I1 accepts the very issuer', () => {
    expect(() => assertIssuer(descriptor(), 'https://id.example')).not.toThrow();
  });

  it('I2 refuses a missing iss only where the server says that it sends one', () => {
    expect(() => assertIssuer(descriptor({ issParameterSupported: true }), undefined)).toThrow(
      IssuerMismatch,
    );
    expect(() => assertIssuer(descriptor({ issParameterSupported: false }), undefined)).not.toThrow();
    expect(() => assertIssuer(descriptor(), undefined)).not.toThrow();
  });

  it('I3 ignores iss where no issuer is known, unless the server is said to send it', () => {
    expect(() => assertIssuer(descriptor({ issuer: undefined }), 'https://any.example')).not.toThrow();
    const unknown = descriptor({ issuer: undefined, issParameterSupported: true });
    expect(() => assertIssuer(unknown, 'https://any.example')).toThrow(IssuerMismatch);
  });
});
