/** Signing keys and signatures (RFC 7515, 7517, 7518), by WebCrypto, which pages, workers and Node all offer. */

export type Algorithm =
  | "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "ES256" | "ES384" | "ES512" | "EdDSA" | "Ed25519";

export interface Key {
  readonly algorithm: Algorithm;
  /** The public key that the provider publishes. */
  readonly jwk: Readonly<Record<string, unknown>> & { readonly kid: string };
  sign(input: string): Promise<Uint8Array>;
}

/** A private key (RFC 7517), with the `kid` under which its public half is published. */
export interface PrivateJwk extends JsonWebKey {
  kid: string;
}

interface Forms {
  key: RsaHashedKeyGenParams | EcKeyGenParams | { name: string };
  sign: RsaPssParams | EcdsaParams | { name: string };
}

const curves: Record<string, string> = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };

/** The hash of an algorithm, also used for `at_hash`. */
const hashOf = (algorithm: Algorithm) => (algorithm.startsWith("Ed") ? "SHA-512" : `SHA-${algorithm.slice(2)}`);

/** The parameters to make a key for the algorithm, and to sign with it. */
function formsOf(algorithm: Algorithm): Forms {
  const hash = hashOf(algorithm);
  const namedCurve = curves[algorithm];
  if (algorithm.startsWith("Ed")) return { key: { name: "Ed25519" }, sign: { name: "Ed25519" } };
  if (namedCurve !== undefined) return { key: { name: "ECDSA", namedCurve }, sign: { name: "ECDSA", hash } };
  const name = algorithm.startsWith("PS") ? "RSA-PSS" : "RSASSA-PKCS1-v1_5";
  const key = { name, hash, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  return { key, sign: { name, saltLength: Number(algorithm.slice(2)) / 8 } };
}

export async function generateKey(algorithm: Algorithm): Promise<Key> {
  const { subtle } = crypto;
  const pair = (await subtle.generateKey(formsOf(algorithm).key, true, ["sign", "verify"])) as CryptoKeyPair;
  return keyOf(algorithm, random(), pair.privateKey, await subtle.exportKey("jwk", pair.publicKey));
}

export async function importKey(algorithm: Algorithm, { kid, alg: _, use: __, key_ops: ___, ...jwk }: PrivateJwk): Promise<Key> {
  return keyOf(algorithm, kid, await crypto.subtle.importKey("jwk", jwk, formsOf(algorithm).key, false, ["sign"]), jwk);
}

function keyOf(algorithm: Algorithm, kid: string, key: CryptoKey, { kty, crv, x, y, n, e }: JsonWebKey): Key {
  const { sign } = formsOf(algorithm);
  return {
    algorithm,
    // The JSON round trip removes the members that a key of this type does not have.
    jwk: JSON.parse(JSON.stringify({ kid, kty, crv, x, y, n, e, use: "sig", alg: algorithm })),
    sign: async (input) => new Uint8Array(await crypto.subtle.sign(sign, key, utf8(input))),
  };
}

/** The left half of the hash (OpenID Connect Core §3.1.3.6). */
export async function atHash(accessToken: string, algorithm: Algorithm): Promise<string> {
  const hash = await crypto.subtle.digest(hashOf(algorithm), utf8(accessToken));
  return base64url(new Uint8Array(hash.slice(0, hash.byteLength / 2)));
}

/** The challenge of a verifier (RFC 7636 §4.2). */
export async function challengeOf(verifier: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(verifier))));
}

/** This many random bytes, by default 192 bits. */
export function random(length = 24): string {
  return base64url(crypto.getRandomValues(new Uint8Array(length)));
}

export function base64url(data: string | Uint8Array): string {
  const bytes = typeof data === "string" ? utf8(data) : data;
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replace(/=*$/, "").replaceAll("+", "-").replaceAll("/", "_");
}

const utf8 = (text: string) => new TextEncoder().encode(text);
