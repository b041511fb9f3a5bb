// The operations that proofs of a key need (RFC 9449), beside those of page.js: a key that signs, and answers with their nonce.
import { answer, keeping, read, subtle } from "./page.js";

/** By their names, the pairs of keys that this page has used. */
const pairs = {};

/**
 * The public half, as JSON, of the pair that is kept under `name`; the pair is made when it is first needed. No code can extract
 * the private half from the browser.
 */
export async function proofKey(name) {
  const stored = () => keeping((keys) => keys.get(name));
  let pair = pairs[name] ?? (await stored());
  if (!pair) {
    const made = await subtle().generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
    // If another tab was faster, its pair counts.
    pair = await keeping((keys) => keys.add(made, name)).then(() => made, stored);
  }
  pairs[name] = pair;
  return JSON.stringify(await subtle().exportKey("jwk", pair.publicKey));
}

export const sign = async (name, bytes) =>
  // A view of the module's memory, which may change before WebCrypto reads it.
  new Uint8Array(await subtle().sign({ name: "ECDSA", hash: "SHA-256" }, pairs[name].privateKey, bytes.slice()));

/** Like `send` of page.js, and the nonce that came with the answer, if the page may read one. */
export async function sendForNonce(url, headers, body, credentials, timeout, longest) {
  let signal;
  try {
    signal = AbortSignal.timeout(timeout);
    const response = await answer(url, headers, body, credentials, signal);
    return [...(await read(response, longest)), response.headers.get("dpop-nonce")];
  } catch {
    return !!signal?.aborted;
  }
}
