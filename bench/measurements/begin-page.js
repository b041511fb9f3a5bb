// Runs in the browser. Each candidate does the work of one login up to the URL.
import * as oauth from "oauth4webapi";
import { createClient } from "wicketgate";

const endpoint = `${location.origin}/authorize`;
const parameters = { client_id: "app", redirect_uri: `${location.origin}/callback`, scope: "openid profile" };

const client = await createClient({
  clientId: parameters.client_id,
  issuer: location.origin,
  metadata: {
    issuer: location.origin,
    authorization_endpoint: endpoint,
    token_endpoint: `${location.origin}/token`,
    jwks_uri: `${location.origin}/jwks`,
  },
  redirectUri: parameters.redirect_uri,
  scope: parameters.scope,
});
// A page does the same by itself when it is idle.
await client.load();

async function oauth4webapi({ store }) {
  const state = oauth.generateRandomState();
  const nonce = oauth.generateRandomNonce();
  const verifier = oauth.generateRandomCodeVerifier();
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  url.searchParams.set("response_type", "code");
  url.searchParams.set("state", state);
  url.searchParams.set("nonce", nonce);
  url.searchParams.set("code_challenge", await oauth.calculatePKCECodeChallenge(verifier));
  url.searchParams.set("code_challenge_method", "S256");
  if (store) sessionStorage.setItem(`oauth.${state}`, JSON.stringify({ state, nonce, verifier }));
  return url.href;
}

const candidates = {
  // Synchronous, but awaited like the others, so that the loop is the same for all.
  "wicketgate": () => client.authorizationUrl(),
  "oauth4webapi": () => oauth4webapi({ store: true }),
  "oauth4webapi, nothing stored": () => oauth4webapi({ store: false }),
};

/**
 * Microseconds per call of each candidate, in turns that begin with candidate number `first`: one sample of `calls` calls,
 * after as many that do not count.
 */
globalThis.measure = async (first, calls) => {
  const names = Object.keys(candidates);
  const sample = {};
  for (let i = 0; i < names.length; i++) {
    const name = names[(i + first) % names.length];
    sessionStorage.clear();
    for (let call = 0; call < calls; call++) await candidates[name]();
    const start = performance.now();
    for (let call = 0; call < calls; call++) await candidates[name]();
    sample[name] = ((performance.now() - start) * 1000) / calls;
  }
  return sample;
};

/** One URL of each candidate, by which the runner checks that they do the same job. */
globalThis.urls = async () => ({ ours: await candidates.wicketgate(), theirs: await candidates.oauth4webapi() });
