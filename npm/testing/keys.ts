/** Signing keys and what they sign (RFC 7515, 7517, 7518), by WebCrypto, which pages, workers and Node have alike. */

const rsa = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };

/** How to make a key, how to sign with it, and the hash of `at_hash`. */
const algorithms = {
  ES256: { key: { name: "ECDSA", namedCurve: "P-256" }, sign: { name: "ECDSA", hash: "SHA-256" }, hash: "SHA-256" },
  ES384: { key: { name: "ECDSA", namedCurve: "P-384" }, sign: { name: "ECDSA", hash: "SHA-384" }, hash: "SHA-384" },
  RS256: { key: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", ...rsa }, sign: { name: "RSASSA-PKCS1-v1_5" }, hash: "SHA-256" },
  PS256: { key: { name: "RSA-PSS", hash: "SHA-256", ...rsa }, sign: { name: "RSA-PSS", saltLength: 32 }, hash: "SHA-256" },
  EdDSA: { key: { name: "Ed25519" }, sign: { name: "Ed25519" }, hash: "SHA-512" },
} as const;

export type Algorithm = keyof typeof algorithms;

export interface Key {
  readonly algorithm: Algorithm;
  /** What the provider publishes. */
  readonly jwk: Readonly<Record<string, unknown>> & { readonly kid: string };
  /** The compact form of a token with these claims. */
  sign(claims: Record<string, unknown>): Promise<string>;
}

export async function generateKey(algorithm: Algorithm): Promise<Key> {
  const { key, sign } = algorithms[algorithm];
  const { subtle } = crypto;
  const pair = (await subtle.generateKey(key, true, ["sign", "verify"])) as CryptoKeyPair;
  const { kty, crv, x, y, n, e } = (await subtle.exportKey("jwk", pair.publicKey)) as Record<string, string | undefined>;
  const kid = random();
  return {
    algorithm,
    // Through JSON, so that what a key of this kind does not have is not there.
    jwk: JSON.parse(JSON.stringify({ kid, kty, crv, x, y, n, e, use: "sig", alg: algorithm })),
    async sign(claims) {
      const input = `${encoded({ alg: algorithm, kid, typ: "JWT" })}.${encoded(claims)}`;
      return `${input}.${base64url(await subtle.sign(sign, pair.privateKey, utf8(input)))}`;
    },
  };
}

/** The left half of the hash (OpenID Connect Core §3.1.3.6). */
export async function atHash(accessToken: string, algorithm: Algorithm): Promise<string> {
  const hash = await crypto.subtle.digest(algorithms[algorithm].hash, utf8(accessToken));
  return base64url(hash.slice(0, hash.byteLength / 2));
}

/** The challenge of a verifier (RFC 7636 §4.2). */
export async function challengeOf(verifier: string): Promise<string> {
  return base64url(await crypto.subtle.digest("SHA-256", utf8(verifier)));
}

/** 192 bits that nobody guesses. */
export function random(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(24)).buffer);
}

const encoded = (value: unknown) => base64url(utf8(JSON.stringify(value)).buffer);
const utf8 = (text: string) => new TextEncoder().encode(text);
const base64url = (bytes: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/=*$/, "").replaceAll("+", "-").replaceAll("/", "_");
