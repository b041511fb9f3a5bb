// The part of JOSE (RFC 7515, 7517, 7518, 8037) that a server needs: it signs and publishes, and verifies nothing.
import { constants, createHash, createPrivateKey, sign as signBytes } from "node:crypto";
import { readFileSync } from "node:fs";

const { keys: list } = JSON.parse(readFileSync(new URL("keys.json", import.meta.url), "utf8"));

/** All private keys, by `kid`, whether or not they are published. */
export const keys = Object.fromEntries(list.map((jwk) => [jwk.kid, jwk]));

/** By algorithm: the key that a server signs with by default, and the hash. */
const algorithms = {
  RS256: ["rsa-1", "sha256"],
  RS384: ["rsa-1", "sha384"],
  RS512: ["rsa-1", "sha512"],
  PS256: ["rsa-1", "sha256"],
  PS384: ["rsa-1", "sha384"],
  PS512: ["rsa-1", "sha512"],
  ES256: ["p256-1", "sha256"],
  ES384: ["p384-1", "sha384"],
  ES512: ["p521-1", "sha512"],
  EdDSA: ["ed25519-1", "sha512"],
  Ed25519: ["ed25519-1", "sha512"],
};

export const keyOf = (alg) => keys[algorithms[alg][0]];

export const base64url = (data) => Buffer.from(data).toString("base64url");

/** The public part of a key. */
export function publicJwk(jwk, alg) {
  const { kid, kty, crv, x, y, n, e } = jwk;
  // The JSON round trip removes the members that a key of this type does not have.
  return JSON.parse(JSON.stringify({ kid, kty, crv, x, y, n, e, use: "sig", alg }));
}

/** @returns {Buffer} the signature in the form of JWS: for ECDSA, R followed by S (RFC 7518 §3.4) */
export function sign(input, jwk, alg) {
  const key = { key: createPrivateKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" };
  if (alg.startsWith("PS")) {
    key.padding = constants.RSA_PKCS1_PSS_PADDING;
    key.saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  }
  return signBytes(alg.startsWith("Ed") ? null : algorithms[alg][1], Buffer.from(input), key);
}

/** The value of `at_hash` (OIDC Core §3.1.3.6). */
export function leftHalfOfHash(text, alg) {
  const hash = createHash(algorithms[alg][1]).update(text).digest();
  return base64url(hash.subarray(0, hash.length / 2));
}
