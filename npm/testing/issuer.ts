/** The part of the server that its endpoints use. */
import type { Key } from "./keys.js";
import type { User } from "./messages.js";

/** In seconds. */
export interface Lifetimes {
  code: number;
  accessToken: number;
  idToken: number;
  refreshToken: number;
}

/** The fixed part: the server's name, and its only client. */
export interface Registration {
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly lifetimes: Lifetimes;
}

export interface Issuer extends Registration {
  /** The user in front of the browser. */
  readonly user: User;
  readonly key: Key;
  /** The user who is logged in at the server itself, and since when. */
  login: { readonly sub: string; readonly at: number } | undefined;
  /** In seconds since the epoch. */
  now(): number;
}
