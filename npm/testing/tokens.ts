/** Codes and tokens: given out, redeemed, renewed and revoked (RFC 6749, RFC 7009, RFC 9700 §4.14.2). */
import { json, parametersOf, refusal, unauthorized } from "./answers.js";
import type { Grant } from "./authorization.js";
import type { FailureName } from "./failures.js";
import { atHash, challengeOf, generateKey, random } from "./keys.js";
import type { Server } from "./server.js";
import type { ProviderRequest, ProviderResponse, User } from "./types.js";

interface Issued {
  readonly grant: Grant;
  readonly scope: readonly string[];
  /** In seconds since the epoch. */
  readonly until: number;
  isUsed: boolean;
}

type Failure = FailureName | undefined;
type Form = Record<string, string>;

export class Tokens {
  readonly #server: Server;
  readonly #codes = new Map<string, Issued>();
  readonly #accessTokens = new Map<string, Issued>();
  readonly #refreshTokens = new Map<string, Issued>();
  readonly #idTokens = new Set<string>();

  constructor(server: Server) {
    this.#server = server;
  }

  code(grant: Grant): string {
    return this.#issue(this.#codes, "code", grant, this.#server.lifetimes.code);
  }

  /** Whether an ID token is one of these; one that has expired is, too (RP-Initiated Logout 1.0 §2). */
  hasIssued(idToken: string): boolean {
    return this.#idTokens.has(idToken);
  }

  /** The token endpoint. */
  async answer(request: ProviderRequest, failure: Failure): Promise<ProviderResponse> {
    const { form, refused } = this.#form(request);
    if (refused) return refused;
    switch (form["grant_type"]) {
      case "authorization_code":
        return this.#redeem(form, failure);
      case "refresh_token":
        return this.#renew(form, failure);
      default:
        return refusal("unsupported_grant_type", `grant_type is ${form["grant_type"]}`);
    }
  }

  /** The revocation endpoint. A token that is not known is revoked already (RFC 7009 §2.2). */
  revoke(request: ProviderRequest): ProviderResponse {
    const { form, refused } = this.#form(request);
    if (refused) return refused;
    const { token } = form;
    if (!token) return refusal("invalid_request", "token is missing");
    const refreshToken = this.#refreshTokens.get(token);
    if (refreshToken) refreshToken.grant.isRevoked = true;
    this.#accessTokens.delete(token);
    return { status: 200, headers: { "cache-control": "no-store" }, body: "" };
  }

  /** The UserInfo endpoint (OpenID Connect Core §5.3). */
  userInfo(request: ProviderRequest, failure: Failure): ProviderResponse {
    const [, accessToken = ""] = /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers["authorization"] ?? "") ?? [];
    const issued = this.#accessTokens.get(accessToken);
    if (!issued) return unauthorized("The access token is unknown.");
    if (issued.grant.isRevoked || failure === "revoked") return unauthorized("The access token is revoked.");
    if (issued.until <= this.#server.now() || failure === "expired") return unauthorized("The access token has expired.");
    if (!issued.scope.includes("openid")) return json(403, { error: "insufficient_scope" });
    return json(200, { ...claimsFor(issued.grant.user, issued.scope), ...(failure === "wrong subject" && { sub: "somebody-else" }) });
  }

  /** The form of a public client, or how it is refused. */
  #form({ headers, body }: ProviderRequest): { form: Form; refused?: never } | { form?: never; refused: ProviderResponse } {
    const form = parametersOf(body);
    const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers["content-type"] ?? "");
    const refused = (error: string, description: string) => ({ refused: refusal(error, description) });
    if (!isForm) return refused("invalid_request", "the body is no form");
    if (typeof form === "string") return refused("invalid_request", `${form} is there twice`);
    if ("authorization" in headers || "client_secret" in form) return refused("invalid_client", "a public client has no secret");
    if (form["client_id"] !== this.#server.clientId) return refused("invalid_client", `client_id is ${form["client_id"]}`);
    return { form };
  }

  async #redeem(form: Form, failure: Failure): Promise<ProviderResponse> {
    const issued = this.#codes.get(form["code"] ?? "");
    if (!issued) return refusal("invalid_grant", "the code is unknown");
    const { grant } = issued;
    if (issued.isUsed) {
      // Whoever comes second may be the one to whom it belongs (RFC 6749 §4.1.2).
      grant.isRevoked = true;
      return refusal("invalid_grant", "the code was redeemed before; what came of it is revoked");
    }
    issued.isUsed = true;
    if (issued.until <= this.#server.now() || failure === "expired code") return refusal("invalid_grant", "the code has expired");
    if (form["redirect_uri"] !== grant.redirectUri) return refusal("invalid_grant", "redirect_uri is another than before");
    if ((await challengeOf(form["code_verifier"] ?? "")) !== grant.challenge) return refusal("invalid_grant", "code_verifier does not fit");
    return this.#give(grant, grant.scope, grant.nonce, failure);
  }

  async #renew(form: Form, failure: Failure): Promise<ProviderResponse> {
    const issued = this.#refreshTokens.get(form["refresh_token"] ?? "");
    if (!issued) return refusal("invalid_grant", "the refresh token is unknown");
    const { grant } = issued;
    if (failure === "revoked") grant.isRevoked = true;
    if (grant.isRevoked) return refusal("invalid_grant", "the refresh token is revoked");
    if (failure === "rotation race") issued.isUsed = true;
    if (issued.isUsed) {
      grant.isRevoked = true;
      return refusal("invalid_grant", "the refresh token was used before; all that came of it is revoked");
    }
    if (issued.until <= this.#server.now() || failure === "expired") return refusal("invalid_grant", "the refresh token has expired");
    const scope = form["scope"]?.split(" ") ?? grant.scope;
    if (scope.some((value) => !grant.scope.includes(value))) return refusal("invalid_scope", "it is more than was granted");
    issued.isUsed = true;
    return this.#give(grant, scope, undefined, failure);
  }

  async #give(grant: Grant, scope: readonly string[], nonce: string | undefined, failure: Failure): Promise<ProviderResponse> {
    const { lifetimes } = this.#server;
    const accessToken = this.#issue(this.#accessTokens, "access-token", grant, lifetimes.accessToken, scope);
    // OpenID Connect Core §11.
    const isRenewable = grant.scope.includes("offline_access");
    const hasIdToken = scope.includes("openid") && failure !== "no id token";
    return json(200, {
      access_token: accessToken,
      token_type: "Bearer",
      expires_in: lifetimes.accessToken,
      scope: scope.join(" "),
      ...(isRenewable && { refresh_token: this.#issue(this.#refreshTokens, "refresh-token", grant, lifetimes.refreshToken) }),
      ...(hasIdToken && { id_token: await this.#idToken(grant, nonce, accessToken, failure) }),
    });
  }

  async #idToken(grant: Grant, nonce: string | undefined, accessToken: string, failure: Failure): Promise<string> {
    const { issuer, clientId, key, lifetimes } = this.#server;
    const now = this.#server.now() - (failure === "expired" ? lifetimes.idToken + 3600 : 0);
    const claims = {
      iss: failure === "wrong issuer" ? "https://another-server.test" : issuer,
      ...claimsFor(grant.user, grant.scope),
      ...(failure === "wrong subject" && { sub: "somebody-else" }),
      aud: failure === "wrong audience" ? "another-app" : clientId,
      iat: now,
      exp: now + lifetimes.idToken,
      auth_time: grant.authTime,
      // A renewed token need not have it (§12.2).
      ...(failure === "wrong nonce" ? { nonce: random() } : nonce !== undefined && { nonce }),
      at_hash: await atHash(accessToken, key.algorithm),
    };
    const idToken = await (failure === "unknown key" ? await generateKey(key.algorithm) : key).sign(claims);
    this.#idTokens.add(idToken);
    return failure === "wrong signature" ? idToken.replace(/\.(.)(?=[^.]*$)/, (_, first) => (first === "A" ? ".B" : ".A")) : idToken;
  }

  /** What it is can be read off it: so a test can look for it where it must not be. */
  #issue(among: Map<string, Issued>, kind: string, grant: Grant, lifetime: number, scope = grant.scope): string {
    const name = `${kind}-${random()}`;
    among.set(name, { grant, scope, until: this.#server.now() + lifetime, isUsed: false });
    return name;
  }
}

/** OpenID Connect Core §5.4. */
const scopes: Record<string, string> = {
  profile:
    "name family_name given_name middle_name nickname preferred_username profile picture website gender birthdate zoneinfo " +
    "locale updated_at",
  email: "email email_verified",
  address: "address",
  phone: "phone_number phone_number_verified",
};

function claimsFor(user: User, scope: readonly string[]): User {
  const withheld = Object.entries(scopes).flatMap(([name, claims]) => (scope.includes(name) ? [] : claims.split(" ")));
  return Object.fromEntries(Object.entries(user).filter(([name]) => !withheld.includes(name))) as User;
}
