import type { ClientConfig } from "../types.js";
import { hostOf, type Options } from "./common.js";

/**
 * Okta. Add the page's origin to the "Trusted Origins", for CORS. For a refresh token, the app needs the grant "Refresh Token",
 * and the scope needs `offline_access`.
 */
export function okta(
  options: Options & {
    domain: string;
    /**
     * The authorization server: default `"default"`. `null` is the organization's own server, whose access tokens are for
     * Okta's APIs only.
     */
    authorizationServer?: string | null;
  },
): ClientConfig {
  const { domain, authorizationServer = "default", ...others } = options;
  const base = `https://${hostOf("domain", domain)}`;
  return {
    scope: "openid profile email",
    ...others,
    issuer: authorizationServer === null ? base : `${base}/oauth2/${authorizationServer}`,
  };
}
