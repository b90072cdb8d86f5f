import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { usageFailure } from '../failure.js';

/** A public key of a file, JWK or PEM, as JWK. A private key is refused rather than sent anywhere. */
export function publicKeyFrom(text: string, name: string): JsonWebKey {
  const jwk = asJwk(text);
  if (text.includes('PRIVATE KEY') || jwk?.d !== undefined) {
    throw usageFailure(
      `${name} is a private key; the public half is wanted.`,
      `openssl pkey -in ${name} -pubout`,
    );
  }
  try {
    return createPublicKey(jwk === undefined ? text : { key: jwk, format: 'jwk' }).export({ format: 'jwk' });
  } catch {
    throw usageFailure(`${name} is no public key in PEM or JWK.`);
  }
}

export function privateKeyFrom(text: string, name: string): KeyObject {
  const jwk = asJwk(text);
  try {
    return createPrivateKey(jwk === undefined ? text : { key: jwk, format: 'jwk' });
  } catch {
    throw usageFailure(`${name} is no private key in PEM or JWK, or it needs a passphrase.`);
  }
}

function asJwk(text: string): JsonWebKey | undefined {
  try {
    return JSON.parse(text) as JsonWebKey;
  } catch {
    return undefined;
  }
}
