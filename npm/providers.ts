/**
 * The entry `wicketgate/providers`: for each of the most common servers, a function that makes a plain `ClientConfig`. The
 * functions also take all other members of a configuration: `auth0({ domain, clientId, redirectUri, tokenStore: "local" })`.
 */
export { auth0 } from "./providers/auth0.js";
export { cognito } from "./providers/cognito.js";
export { entra } from "./providers/entra.js";
export { github } from "./providers/github.js";
export { google } from "./providers/google.js";
export { keycloak } from "./providers/keycloak.js";
export { okta } from "./providers/okta.js";
export { worksmart } from "./worksmart.js";
