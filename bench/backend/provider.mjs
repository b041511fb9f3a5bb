// The smallest OpenID provider: it signs every user in as ada, at once. For benchmarks only.
import { createHash, createSign, generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";

/**
 * @returns `origin` (the issuer); `refreshes`, the number of refreshes; `lifetime`, of the next access token in seconds;
 * `close()`
 */
export async function startProvider() {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const logins = new Map();
  const provider = { refreshes: 0, lifetime: 36000 };

  const idToken = ({ client, nonce, accessToken }) => {
    const now = Math.floor(Date.now() / 1000);
    const atHash = createHash("sha256").update(accessToken).digest().subarray(0, 16).toString("base64url");
    const claims = { iss: provider.origin, aud: client, sub: "ada", iat: now, exp: now + 36000, nonce, at_hash: atHash, name: "Ada", email: "ada@example.org" };
    const signed = [{ alg: "RS256", kid: "1" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    return `${signed}.${createSign("sha256").update(signed).sign(privateKey, "base64url")}`;
  };

  const tokens = (login) => {
    const accessToken = randomBytes(32).toString("hex");
    return {
      access_token: accessToken,
      refresh_token: randomBytes(32).toString("hex"),
      token_type: "Bearer",
      expires_in: provider.lifetime,
      scope: "openid",
      id_token: idToken({ ...login, accessToken }),
    };
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, provider.origin);
    const json = (value) => response.setHeader("content-type", "application/json").end(JSON.stringify(value));
    if (url.pathname === "/.well-known/openid-configuration") {
      return json({
        issuer: provider.origin,
        authorization_endpoint: `${provider.origin}/authorize`,
        token_endpoint: `${provider.origin}/token`,
        jwks_uri: `${provider.origin}/jwks`,
        userinfo_endpoint: `${provider.origin}/userinfo`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
        token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
        code_challenge_methods_supported: ["S256"],
      });
    }
    if (url.pathname === "/jwks") return json({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "1", use: "sig", alg: "RS256" }] });
    if (url.pathname === "/userinfo") return json({ sub: "ada", name: "Ada" });
    if (url.pathname === "/authorize") {
      const code = randomBytes(16).toString("hex");
      logins.set(code, { client: url.searchParams.get("client_id"), nonce: url.searchParams.get("nonce") ?? undefined });
      const back = new URL(url.searchParams.get("redirect_uri"));
      back.searchParams.set("code", code);
      back.searchParams.set("state", url.searchParams.get("state"));
      return response.writeHead(302, { location: back.href }).end();
    }
    let body = "";
    for await (const part of request) body += part;
    const form = new URLSearchParams(body);
    if (form.get("grant_type") === "refresh_token") {
      provider.refreshes++;
      return json(tokens({ client: "app" }));
    }
    const login = logins.get(form.get("code"));
    logins.delete(form.get("code"));
    if (!login) return response.writeHead(400), json({ error: "invalid_grant" });
    json(tokens(login));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  provider.origin = `http://127.0.0.1:${server.address().port}`;
  provider.close = () => (server.closeAllConnections(), server.close());
  return provider;
}
