import type { ClientConfig } from "../types.js";
import { needBackend, withParams, type BackendOptions } from "./common.js";

/**
 * Google. A client of the type "Web application" must send its secret when it redeems a code, even with PKCE. Google offers no
 * logout at the server.
 */
export function google(
  options: BackendOptions & {
    /**
     * Whether the backend gets a refresh token. Google gives one at the first consent, and at each consent that `prompt:
     * "consent"` asks for.
     */
    offline?: boolean;
  },
): ClientConfig {
  const { offline = false, ...others } = options;
  needBackend("Google", others.backend);
  return {
    scope: "openid profile email",
    ...others,
    issuer: "https://accounts.google.com",
    metadata: { authorization_endpoint: "https://accounts.google.com/o/oauth2/v2/auth", ...others.metadata },
    ...withParams({ access_type: offline ? "offline" : undefined }, "extraParams", others),
  };
}
