// Callbacks per second: the page takes an authorization response, exchanges the code and checks the ID token, with a network
// that answers at once. The token has a real signature (RS256, made in the page, outside of the measured time).
import { takingPartIn } from "../peers/index.mjs";
import { keys, publicJwk } from "../../tests/provider/jose.mjs";
import { quartiles, rotated } from "../statistics.mjs";

const ROUNDS = 20;
const CALLS = 20;

export async function measure(rig) {
  const peers = takingPartIn("callbacks");
  rig.page.isolated = true;
  const tabs = new Map();
  for (const peer of peers) {
    // Without refresh tokens, one peer sends its requests in the page instead of in a worker, where this file cannot replace
    // the network.
    const tab = await rig.open(peer, { config: rig.config(peer, { refresh: false, metadata: rig.provider.metadata }) });
    await tab.evaluate(answerAtOnce, { metadata: rig.provider.metadata, key: keys["rsa-1"], jwk: publicJwk(keys["rsa-1"], "RS256") });
    await tab.evaluate(async () => void (globalThis.client = await connect()));
    tabs.set(peer.name, tab);
  }
  rig.page.isolated = false;
  const last = rig.rounds(ROUNDS);
  const samples = Object.fromEntries(peers.map(({ name }) => [name, []]));
  for (let round = -1; round < last; round++) {
    rig.noise();
    for (const { name } of rotated(peers, Math.max(round, 0))) {
      const rate = await tabs.get(name).evaluate(timeCallbacks, CALLS);
      if (round >= 0) samples[name].push(rate); // the first round does not count
    }
  }
  await Promise.all([...tabs.values()].map((tab) => tab.context().close()));
  const checks = Object.fromEntries(peers.map(({ name, checksSignature = false }) => [name, checksSignature]));
  return { unit: "1/s", checksSignature: checks, rates: Object.fromEntries(peers.map(({ name }) => [name, quartiles(samples[name])])) };
}

/** Runs in the page: `fetch` gives a provider's answers, and those of an API. `bench.watch`, if it is there, sees each request. */
export async function answerAtOnce({ metadata, key, jwk, tokenType = "Bearer" }) {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const { kty, n, e, d, p, q, dp, dq, qi } = key;
  const signer = await crypto.subtle.importKey("jwk", { kty, n, e, d, p, q, dp, dq, qi }, algorithm, false, ["sign"]);
  const encode = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const text = (value) => new TextEncoder().encode(value);
  const json = (value) => encode(text(JSON.stringify(value)));
  const sign = async (claims) => {
    const input = `${json({ alg: "RS256", kid: jwk.kid, typ: "JWT" })}.${json(claims)}`;
    return `${input}.${encode(new Uint8Array(await crypto.subtle.sign(algorithm.name, signer, text(input))))}`;
  };
  const answer = (value) => new Response(JSON.stringify(value), { headers: { "content-type": "application/json" } });
  const paths = {
    "/.well-known/openid-configuration": () => metadata,
    [new URL(metadata.jwks_uri).pathname]: () => ({ keys: [jwk] }),
    "/token": () => bench.answer,
    "/oauth/token": () => bench.answer,
    "/me": () => ({}),
  };
  globalThis.fetch = async (input, init) => {
    bench.watch?.(input, init);
    return answer(paths[new URL(input.url ?? input).pathname]());
  };

  /** Prepares the answers to a login: the URL of the authorization response. */
  bench.respondTo = async (url) => {
    const asked = new URL(url).searchParams;
    const iat = Math.floor(Date.now() / 1000);
    const common = { iss: metadata.issuer, sub: "ada", iat, exp: iat + 3600 };
    const nonce = asked.get("nonce");
    bench.answer = {
      access_token: await sign({ ...common, aud: "api" }),
      refresh_token: await sign({ ...common, jti: asked.get("state") }),
      id_token: await sign({ ...common, aud: bench.config.clientId, name: "Ada Lovelace", ...(nonce && { nonce }) }),
      token_type: tokenType,
      expires_in: 3600,
      scope: bench.config.scope,
    };
    const separator = asked.get("response_mode") === "fragment" ? "#" : "?";
    const said = new URLSearchParams({ code: crypto.randomUUID(), state: asked.get("state"), iss: metadata.issuer });
    return `${asked.get("redirect_uri")}${separator}${said}`;
  };
}

/** Runs in the page. */
async function timeCallbacks(calls) {
  let ms = 0;
  for (let call = 0; call < calls; call++) {
    client.forget?.();
    const back = await bench.respondTo(await client.url());
    client.arrive?.(back);
    const start = performance.now();
    const { sub } = await client.callback(back);
    ms += performance.now() - start;
    if (sub !== "ada") throw new Error("nobody is signed in");
  }
  return (calls * 1000) / ms;
}
