import { createHash } from 'node:crypto';
import { generateRandomCodeVerifier, generateRandomState } from 'oauth4webapi';

/** A fresh RFC 7636 pair, method S256: the challenge goes into the authorization request, the verifier stays here. */
export function createPkce(): { verifier: string; challenge: string } {
  const verifier = generateRandomCodeVerifier();
  return { verifier, challenge: challengeOf(verifier) };
}

/** RFC 7636 section 4.2, S256. Not oauth4webapi's, which answers a promise for the sake of Web Crypto. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier, 'ascii').digest('base64url');
}

/** 256 random bits, drawn apart from any verifier: the state travels through the browser, the verifier never does. */
export function createState(): string {
  return generateRandomState();
}
