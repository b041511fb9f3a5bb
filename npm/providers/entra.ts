import type { ClientConfig } from "../types.js";
import { invalid, type Options } from "./common.js";

/** The tenant of all private accounts. */
const CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad";

/**
 * Microsoft Entra ID, endpoints of version 2.0. The redirect URI must be of the platform "Single-page application": for other
 * platforms, the token endpoint sends no CORS headers. The access token is for the API whose scope is requested; without such a
 * scope, it is for Microsoft Graph.
 */
export function entra(
  options: Options & {
    /**
     * The directory's identifier, a GUID; or `"organizations"` (any work account), `"common"` (any account), `"consumers"`. The
     * metadata of the first two do not name a single issuer: the `iss` of each ID token must be the issuer of its own `tid`.
     */
    tenant: string;
    /** The authority of a national cloud. Default `https://login.microsoftonline.com`. */
    authority?: string;
  },
): ClientConfig {
  const { tenant, authority = "https://login.microsoftonline.com", ...others } = options;
  const base = authority.replace(/\/$/, "");
  const config = { scope: "openid profile email", ...others };
  if (tenant === "organizations" || tenant === "common") {
    const endpoints = `${base}/${tenant}`;
    return {
      ...config,
      issuer: `${base}/{tenantid}/v2.0`,
      metadata: {
        authorization_endpoint: `${endpoints}/oauth2/v2.0/authorize`,
        token_endpoint: `${endpoints}/oauth2/v2.0/token`,
        jwks_uri: `${endpoints}/discovery/v2.0/keys`,
        end_session_endpoint: `${endpoints}/oauth2/v2.0/logout`,
        userinfo_endpoint: "https://graph.microsoft.com/oidc/userinfo",
        id_token_signing_alg_values_supported: ["RS256"],
        ...others.metadata,
      },
    };
  }
  const id = tenant === "consumers" ? CONSUMERS : tenant;
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
    throw invalid(
      "tenant is not a directory's identifier.",
      'Give the "Directory (tenant) ID", a GUID, which is what the issuer has: not the domain. Or "organizations", "common", "consumers".',
    );
  }
  return { ...config, issuer: `${base}/${id.toLowerCase()}/v2.0` };
}
