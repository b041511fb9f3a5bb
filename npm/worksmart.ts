import type { BackendConfig, ClientConfig } from "./types.js";

/**
 * The ready configuration for a WorkSmart server: its two endpoints, no PKCE, no scope, and a `backend`, which receives the
 * code and holds the client secret.
 */
export function worksmart(options: {
  clientId: string;
  backend: BackendConfig;
  redirectUri?: string | URL;
  /** Default `https://my.worksmart.app`. */
  baseUrl?: string | URL;
}): ClientConfig {
  // `createClient` gets unknown members, too, and names them in its error.
  const { clientId, backend, redirectUri, baseUrl = "https://my.worksmart.app", ...unknown } = options;
  const base = String(baseUrl).replace(/\/$/, "") + "/api/v1/oauth2/";
  return {
    ...unknown,
    clientId,
    backend,
    ...(redirectUri === undefined ? {} : { redirectUri }),
    pkce: "off",
    metadata: { authorization_endpoint: base + "authorize", token_endpoint: base + "token" },
  };
}
