/**
 * Hooks, which replace the truth in the provider's answers. A hook gets the true value and returns the value to send instead.
 * The failures of this package are hooks; the option `hooks` adds others. Without a hook, all answers are true.
 */
import type { Algorithm } from "./keys.js";
import type { Place, ProviderRequest, ProviderResponse } from "./messages.js";

/** An error that the provider reports to the client (RFC 6749 §4.1.2.1). */
export interface Refusal {
  error: string;
  error_description: string;
}

/** The provider's record of a code or a token that a client presents. */
export interface Presented {
  /** In seconds since the epoch. */
  until: number;
  isUsed: boolean;
  isRevoked: boolean;
}

type Members = Record<string, unknown>;

/** The type of each hook's value. */
export interface Truths {
  /** An answer that replaces the endpoint's. The endpoint does not carry the request out. */
  instead: ProviderResponse | undefined;
  /** An answer with all headers except the CORS headers. */
  answer: ProviderResponse;

  metadata: Members;
  /** The key set's public keys. */
  keys: unknown;
  /** Why the provider refuses the authorization request: `undefined` if it does not. */
  refusal: Refusal | undefined;
  /** The parameters of the authorization response. */
  authorizationResponse: Record<string, string | undefined>;
  /** A code, a refresh token or an access token, before the provider accepts it. */
  presented: Presented;
  /** The text of an access token that is being issued. */
  accessToken: string;
  refreshToken: string;
  tokenResponse: Members;
  userinfo: unknown;

  // The parts of an ID token, in the order in which they are made.
  header: Members;
  /** The header, before base64url. */
  headerText: string | Uint8Array;
  claims: unknown;
  /** The claims, before base64url. */
  claimsText: string | Uint8Array;
  /** Header and claims in base64url. */
  signingInput: string;
  signature: Uint8Array;
  /** The whole token. */
  idToken: string;
}

/** Facts that a hook may need. */
export interface HookContext {
  readonly request: ProviderRequest;
  readonly place: Place | undefined;
  /** The time on the provider's clock, in seconds since the epoch. */
  readonly now: number;
  readonly algorithm: Algorithm;
  /** The bytes to sign, for `signature`. */
  readonly input?: string;
  /** The access token that is issued together with the ID token. */
  readonly accessToken?: string;
  /** The `nonce` of the authorization request, for an ID token. */
  readonly nonce?: string | undefined;
}

export type Hooks = {
  readonly [Name in keyof Truths]?: (truth: Truths[Name], context: HookContext) => Truths[Name] | Promise<Truths[Name]>;
};

/** Returns the value to send instead of `truth`. */
export type Say = <Name extends keyof Truths>(name: Name, truth: Truths[Name], more?: Partial<HookContext>) => Promise<Truths[Name]>;

/** Calls each of `hooks` in turn: the result of one is the truth of the next. */
export function saying(hooks: readonly (Hooks | undefined)[], context: HookContext): Say {
  return async (name, truth, more) => {
    let said = truth;
    for (const each of hooks) {
      const hook = each?.[name];
      if (hook) said = await hook(said, { ...context, ...more });
    }
    return said;
  };
}
