import type { ClientConfig } from "../types.js";
import { needBackend, type BackendOptions } from "./common.js";

/**
 * GitHub, OAuth apps and GitHub Apps. It offers OAuth 2.0 without OpenID Connect: no issuer, no ID token. Its token endpoint
 * demands a client secret and sends no CORS headers. The API says who the user is: `GET https://api.github.com/user`, through
 * the backend.
 */
export function github(
  options: BackendOptions & {
    /** The base URL of a GitHub Enterprise Server. Default `https://github.com`. */
    baseUrl?: string | URL;
  },
): ClientConfig {
  const { baseUrl = "https://github.com", ...others } = options;
  needBackend("GitHub", others.backend);
  const base = String(baseUrl).replace(/\/$/, "") + "/login/oauth/";
  return {
    scope: "read:user",
    ...others,
    metadata: { authorization_endpoint: `${base}authorize`, token_endpoint: `${base}access_token`, ...others.metadata },
  };
}
