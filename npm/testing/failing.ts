/** The failures of the provider, each as hooks. All other failures happen on the way to the provider. */
import { html, json, refusal } from "./answers.js";
import type { FailureName } from "./failures.js";
import type { Hooks, Refusal } from "./hooks.js";
import { generateKey, random } from "./keys.js";

const elsewhere = "https://another-server.test";

const refused = (error: string, error_description: string): Hooks => ({ refusal: (): Refusal => ({ error, error_description }) });

/** Changes members of the ID token's claims, whatever the claims are. */
const claiming = (members: () => Record<string, unknown>): Hooks => ({ claims: (claims) => ({ ...(claims as object), ...members() }) });

/** Expired by every clock. */
const over = { until: 0 };

export const failing: Partial<Record<FailureName, Hooks>> = {
  "server error": {
    ...refused("server_error", "Something broke."),
    instead: (_, { place }) => (place === "authorization" ? undefined : json(500, { error: "server_error" })),
  },
  "not json": { instead: () => html(200, "<!doctype html><title>Maintenance</title>") },
  "secret wanted": { instead: () => refusal("invalid_client", "client authentication is missing") },
  "another server": { metadata: (metadata) => ({ ...metadata, issuer: elsewhere }) },

  denied: refused("access_denied", "The user said no."),
  "login required": refused("login_required", "Nobody is logged in."),
  "consent required": refused("consent_required", "The user has not agreed yet."),
  "iss mix-up": { authorizationResponse: (response) => ({ ...response, iss: elsewhere }) },
  "no iss": { authorizationResponse: (response) => ({ ...response, iss: undefined }) },
  // As long as the client's own: the client takes a shorter state for another service's, and ignores it.
  "unknown state": { authorizationResponse: (response) => ({ ...response, state: random(32) }) },

  "expired code": { presented: (known) => ({ ...known, ...over }) },
  "no id token": { tokenResponse: ({ id_token: _, ...response }) => response },
  "wrong nonce": claiming(() => ({ nonce: random() })),
  "wrong audience": claiming(() => ({ aud: "another-app" })),
  "wrong issuer": claiming(() => ({ iss: elsewhere })),
  "wrong signature": { signature: ([first = 0, ...rest]) => new Uint8Array([first ^ 1, ...rest]) },
  "unknown key": {
    header: (header) => ({ ...header, kid: random() }),
    signature: async (_, { algorithm, input = "" }) => (await generateKey(algorithm)).sign(input),
  },
  "wrong subject": {
    ...claiming(() => ({ sub: "somebody-else" })),
    userinfo: (claims) => ({ ...(claims as object), sub: "somebody-else" }),
  },

  expired: {
    // At a login, this changes the new ID token. At other places, it changes the token that the client presents.
    claims: (claims, { place, now }) => (place === "token" ? { ...(claims as object), iat: now - 7200, exp: now - 3600 } : claims),
    presented: (known, { place }) => (place === "token" ? known : { ...known, ...over }),
  },
  revoked: { presented: (known) => ({ ...known, isRevoked: true }) },
  "rotation race": { presented: (known) => ({ ...known, isUsed: true }) },
};
