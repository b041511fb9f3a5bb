import type { ClientConfig } from "../types.js";
import type { Options } from "./common.js";

/**
 * Keycloak. Turn "Client authentication" off for the client, and add the page's origin to "Web origins": without it, no answer
 * has CORS headers. The server gives a refresh token without `offline_access`.
 */
export function keycloak(
  options: Options & {
    /** The server's base URL, such as `https://login.example`; before version 17 it ends in `/auth`. */
    url: string | URL;
    realm: string;
  },
): ClientConfig {
  const { url, realm, ...others } = options;
  return {
    scope: "openid profile email",
    ...others,
    issuer: `${String(url).replace(/\/$/, "")}/realms/${encodeURIComponent(realm)}`,
  };
}
