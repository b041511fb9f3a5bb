/** Requests to a provider, its answers, and the user in front of the browser. */
import type { Claims } from "../types.js";

/**
 * The endpoint that a request is for. `token` and `refresh` are both the token endpoint: `token` redeems a code, `refresh`
 * renews tokens.
 */
export type Place = "discovery" | "keys" | "authorization" | "token" | "refresh" | "userinfo" | "revocation" | "logout";

export interface ProviderRequest {
  method: string;
  url: string;
  /** The names are in lower case. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface ProviderResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * The provider gives standard claims if the granted scope contains their scope (OpenID Connect Core §5.4), and all other claims
 * always.
 */
export interface User extends Claims {
  sub: string;
}
