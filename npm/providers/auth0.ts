import type { ClientConfig } from "../types.js";
import { hostOf, withParams, type Options } from "./common.js";

/**
 * Auth0. Its issuer ends in a slash. Without `audience`, the access token is opaque and valid for UserInfo only; with
 * `audience`, it is a JWT for that API. `postLogoutRedirectUri` must be one of the application's "Allowed Logout URLs".
 */
export function auth0(options: Options & { domain: string; audience?: string }): ClientConfig {
  const { domain, audience, ...others } = options;
  const issuer = `https://${hostOf("domain", domain)}/`;
  return {
    scope: "openid profile email",
    ...others,
    issuer,
    // Older tenants have this endpoint and do not name it in their metadata.
    metadata: { end_session_endpoint: `${issuer}oidc/logout`, ...others.metadata },
    ...withParams({ audience }, "extraParams", others),
  };
}
