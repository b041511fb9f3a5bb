import type { ClientConfig } from "../types.js";
import { hostOf, invalid, withParams, type Options } from "./common.js";

/**
 * Amazon Cognito. Its logout is not RP-Initiated Logout: it takes `client_id` and `logout_uri`. This function sends
 * `postLogoutRedirectUri` as `logout_uri`; it must be one of the app client's "Allowed sign-out URLs".
 */
export function cognito(
  options: Options & {
    /** Such as `eu-west-1_Ab12Cd34E`. It begins with the region. */
    userPoolId: string;
    /**
     * The domain of managed login, if the metadata do not name its logout. Such as `my-app.auth.eu-west-1.amazoncognito.com`.
     */
    domain?: string;
  },
): ClientConfig {
  const { userPoolId, domain, postLogoutRedirectUri, ...others } = options;
  const [, region] = /^([a-z]+(?:-[a-z]+)+-\d)_\w+$/.exec(userPoolId) ?? [];
  if (!region) throw invalid("userPoolId is not the identifier of a user pool.", 'It looks like "eu-west-1_Ab12Cd34E".');
  const metadata = { ...(domain !== undefined && { end_session_endpoint: `https://${hostOf("domain", domain)}/logout` }), ...others.metadata };
  return {
    scope: "openid profile email",
    ...others,
    issuer: `https://cognito-idp.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}/${userPoolId}`,
    ...(Object.keys(metadata).length ? { metadata } : {}),
    ...withParams({ logout_uri: postLogoutRedirectUri && String(postLogoutRedirectUri) }, "logoutParams", others),
  };
}
