// A small OpenID provider for one browser, under the URLs of a real one. The test supplies the particular behaviour of that
// server.
import { createHash, createSign, generateKeyPairSync, randomUUID } from "node:crypto";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwk = { ...publicKey.export({ format: "jwk" }), kid: "1", use: "sig", alg: "RS256" };
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function sign(claims) {
  const input = `${encode({ alg: "RS256", kid: "1" })}.${encode(claims)}`;
  return `${input}.${createSign("RSA-SHA256").update(input).sign(privateKey, "base64url")}`;
}

/**
 * @param server.metadata the answer to discovery; it names the endpoints, unless `endpoints` does
 * @param server.discovery the URL of discovery; without it, there is none
 * @param server.claims claims of the ID token that differ from the usual ones
 * @param server.refuse called with each request to an endpoint, by its name; returns a text if the real server would refuse it
 * @param server.isClosed whether the answers lack CORS headers
 */
export async function standIn(context, { metadata = {}, endpoints = metadata, discovery, claims = {}, refuse = () => undefined, isClosed }) {
  const requests = [];
  const codes = new Map();
  const hosts = new Set([...Object.values(endpoints), discovery].filter((url) => /^https:/.test(url ?? "")).map((url) => new URL(url).host));
  const cors = isClosed ? {} : { "access-control-allow-origin": "*" };
  const json = (route, body, status = 200) => route.fulfill({ status, headers: { "content-type": "application/json", ...cors }, body: JSON.stringify(body) });

  await context.route((url) => hosts.has(url.host), async (route) => {
    const request = route.request();
    const url = new URL(request.url());
    const at = url.origin + url.pathname;
    if (at === discovery) return json(route, metadata);
    const [name] = Object.entries(endpoints).find(([, endpoint]) => endpoint === at) ?? [];
    const params = Object.fromEntries(request.method() === "POST" ? new URLSearchParams(request.postData()) : url.searchParams);
    requests.push({ name, params });
    const refusal = name ? refuse(name, params) : `nothing is at ${at}`;
    if (refusal) return route.fulfill({ status: 400, contentType: "text/plain", body: refusal });
    if (name === "authorization_endpoint") {
      const code = randomUUID();
      codes.set(code, params);
      return route.fulfill({ status: 302, headers: { location: `${params.redirect_uri}?${new URLSearchParams({ code, state: params.state })}` } });
    }
    if (name === "jwks_uri") return json(route, { keys: [jwk] });
    if (name === "token_endpoint") {
      const { nonce, client_id: aud, code_challenge: challenge } = codes.get(params.code);
      if (createHash("sha256").update(params.code_verifier).digest("base64url") !== challenge) return json(route, { error: "invalid_grant" }, 400);
      const iat = Math.floor(Date.now() / 1000);
      const id_token = sign({ iss: metadata.issuer, aud, sub: "ada", nonce, iat, exp: iat + 300, ...claims });
      return json(route, { access_token: "token", token_type: "Bearer", expires_in: 300, id_token });
    }
    return route.fulfill({ status: 200, contentType: "text/plain", body: "You are logged out." });
  });
  return { requests, of: (name) => requests.filter((request) => request.name === name).map(({ params }) => params) };
}
