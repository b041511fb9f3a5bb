/** Codes and tokens: issued, redeemed, renewed and revoked (RFC 6749, RFC 7009, RFC 9700 §4.14.2). */
import { json, parametersOf, refusal, unauthorized } from "./answers.js";
import type { Grant } from "./grant.js";
import type { Presented, Say } from "./hooks.js";
import type { Issuer } from "./issuer.js";
import { signed } from "./jws.js";
import { atHash, challengeOf, random } from "./keys.js";
import type { ProviderRequest, ProviderResponse, User } from "./messages.js";

interface Issued {
  readonly grant: Grant;
  readonly scope: readonly string[];
  /** In seconds since the epoch. */
  readonly until: number;
  isUsed: boolean;
}

type Form = Record<string, string>;

export class Tokens {
  readonly #issuer: Issuer;
  readonly #codes = new Map<string, Issued>();
  readonly #accessTokens = new Map<string, Issued>();
  readonly #refreshTokens = new Map<string, Issued>();
  readonly #idTokens = new Set<string>();

  constructor(issuer: Issuer) {
    this.#issuer = issuer;
  }

  code(grant: Grant): string {
    return this.#keep(this.#codes, named("code"), grant, this.#issuer.lifetimes.code);
  }

  /** Whether this provider has issued the ID token; an expired one counts, too (RP-Initiated Logout 1.0 §2). */
  hasIssued(idToken: string): boolean {
    return this.#idTokens.has(idToken);
  }

  /** The token endpoint. */
  async answer(request: ProviderRequest, say: Say): Promise<ProviderResponse> {
    const { form, refused } = this.#form(request);
    if (refused) return refused;
    switch (form["grant_type"]) {
      case "authorization_code":
        return this.#redeem(form, say);
      case "refresh_token":
        return this.#renew(form, say);
      default:
        return refusal("unsupported_grant_type", `grant_type is ${form["grant_type"]}`);
    }
  }

  /** The revocation endpoint. An unknown token counts as revoked already (RFC 7009 §2.2). */
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
  async userInfo(request: ProviderRequest, say: Say): Promise<ProviderResponse> {
    const [, accessToken = ""] = /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers["authorization"] ?? "") ?? [];
    const issued = this.#accessTokens.get(accessToken);
    if (!issued) return unauthorized("The access token is unknown.");
    const { isRevoked, until } = await say("presented", known(issued));
    if (isRevoked) return unauthorized("The access token is revoked.");
    if (until <= this.#issuer.now()) return unauthorized("The access token has expired.");
    if (!issued.scope.includes("openid")) return json(403, { error: "insufficient_scope" });
    return json(200, await say("userinfo", claimsFor(issued.grant.user, issued.scope)));
  }

  /** The form of a public client, or the answer that refuses it. */
  #form({ headers, body }: ProviderRequest): { form: Form; refused?: never } | { form?: never; refused: ProviderResponse } {
    const form = parametersOf(body);
    const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers["content-type"] ?? "");
    const refused = (error: string, description: string) => ({ refused: refusal(error, description) });
    if (!isForm) return refused("invalid_request", "the body is not a form");
    if (typeof form === "string") return refused("invalid_request", `${form} is there twice`);
    if ("authorization" in headers || "client_secret" in form) return refused("invalid_client", "a public client has no secret");
    if (form["client_id"] !== this.#issuer.clientId) return refused("invalid_client", `client_id is ${form["client_id"]}`);
    return { form };
  }

  async #redeem(form: Form, say: Say): Promise<ProviderResponse> {
    const issued = this.#codes.get(form["code"] ?? "");
    if (!issued) return refusal("invalid_grant", "the code is unknown");
    const { grant } = issued;
    const { isUsed, until } = await say("presented", known(issued));
    if (isUsed || issued.isUsed) {
      // The second client may be the rightful one (RFC 6749 §4.1.2), so the grant is revoked.
      grant.isRevoked = true;
      return refusal("invalid_grant", "the code was redeemed before; what came of it is revoked");
    }
    issued.isUsed = true;
    if (until <= this.#issuer.now()) return refusal("invalid_grant", "the code has expired");
    if (form["redirect_uri"] !== grant.redirectUri) return refusal("invalid_grant", "redirect_uri is another than before");
    if ((await challengeOf(form["code_verifier"] ?? "")) !== grant.challenge) return refusal("invalid_grant", "code_verifier does not fit");
    return this.#give(grant, grant.scope, grant.nonce, say);
  }

  async #renew(form: Form, say: Say): Promise<ProviderResponse> {
    const issued = this.#refreshTokens.get(form["refresh_token"] ?? "");
    if (!issued) return refusal("invalid_grant", "the refresh token is unknown");
    const { grant } = issued;
    const { isRevoked, isUsed, until } = await say("presented", known(issued));
    if (isRevoked || grant.isRevoked) {
      grant.isRevoked = true;
      return refusal("invalid_grant", "the refresh token is revoked");
    }
    if (isUsed || issued.isUsed) {
      grant.isRevoked = true;
      return refusal("invalid_grant", "the refresh token was used before; all that came of it is revoked");
    }
    if (until <= this.#issuer.now()) return refusal("invalid_grant", "the refresh token has expired");
    const scope = form["scope"]?.split(" ") ?? grant.scope;
    if (scope.some((value) => !grant.scope.includes(value))) return refusal("invalid_scope", "it is more than was granted");
    issued.isUsed = true;
    return this.#give(grant, scope, undefined, say);
  }

  async #give(grant: Grant, scope: readonly string[], nonce: string | undefined, say: Say): Promise<ProviderResponse> {
    const { lifetimes } = this.#issuer;
    const accessToken = await say("accessToken", named("access-token"));
    this.#keep(this.#accessTokens, accessToken, grant, lifetimes.accessToken, scope);
    // OpenID Connect Core §11.
    const isRenewable = grant.scope.includes("offline_access");
    const refreshToken = isRenewable ? await say("refreshToken", named("refresh-token")) : undefined;
    if (refreshToken !== undefined) this.#keep(this.#refreshTokens, refreshToken, grant, lifetimes.refreshToken);
    const response = {
      access_token: accessToken,
      token_type: "Bearer",
      expires_in: lifetimes.accessToken,
      scope: scope.join(" "),
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
      ...(scope.includes("openid") && { id_token: await this.#idToken(grant, nonce, accessToken, say) }),
    };
    return json(200, await say("tokenResponse", response));
  }

  async #idToken(grant: Grant, nonce: string | undefined, accessToken: string, say: Say): Promise<string> {
    const { issuer, clientId, key, lifetimes } = this.#issuer;
    const now = this.#issuer.now();
    const claims = {
      iss: issuer,
      ...claimsFor(grant.user, grant.scope),
      aud: clientId,
      iat: now,
      exp: now + lifetimes.idToken,
      auth_time: grant.authTime,
      // A renewed ID token need not contain it (§12.2).
      ...(nonce !== undefined && { nonce }),
      at_hash: await atHash(accessToken, key.algorithm),
    };
    const idToken = await signed(key, claims, say, { accessToken, nonce: grant.nonce });
    this.#idTokens.add(idToken);
    return idToken;
  }

  #keep(among: Map<string, Issued>, name: string, grant: Grant, lifetime: number, scope = grant.scope): string {
    among.set(name, { grant, scope, until: this.#issuer.now() + lifetime, isUsed: false });
    return name;
  }
}

/** The token's text begins with its kind, so that a test can search for it in places where it must not occur. */
const named = (kind: string) => `${kind}-${random()}`;

const known = ({ until, isUsed, grant }: Issued): Presented => ({ until, isUsed, isRevoked: grant.isRevoked });

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
