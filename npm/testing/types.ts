import type { Client, ClientConfig, LoginOptions, LoginResult } from "../types.js";
import type { FailureName, failures } from "./failures.js";
import type { HookContext, Hooks, Presented, Refusal, Truths } from "./hooks.js";
import type { Lifetimes } from "./issuer.js";
import type { Algorithm, PrivateJwk } from "./keys.js";
import type { Place, ProviderRequest, ProviderResponse, User } from "./messages.js";

export type { Algorithm, FailureName, HookContext, Hooks, Lifetimes, Place, Presented, PrivateJwk };
export type { ProviderRequest, ProviderResponse, Refusal, Truths, User };

/** Every member has a default. Durations are seconds. */
export interface FakeProviderOptions {
  /** Default `https://login.test`. */
  issuer?: string;
  /** Default `my-app`. */
  clientId?: string;
  /** As registered; the provider compares byte for byte. Default: `/callback` of the page's origin. */
  redirectUri?: string | URL | readonly (string | URL)[];
  /** The URLs to which a logout may lead back. Default: `/` of the redirect URIs' origins. */
  postLogoutRedirectUri?: string | URL | readonly (string | URL)[];
  /** The scope that the client requests, in `provider.config`. Default `openid profile email offline_access`. */
  scope?: string;
  /** The user in front of the browser. */
  user?: User;
  /** The algorithm that signs ID tokens. Default `ES256`. */
  algorithm?: Algorithm;
  /** The key of `algorithm` that signs ID tokens until `rotateKeys`. Default: a new key. */
  key?: PrivateJwk;
  /** Functions that replace the truth in the provider's answers, to play an odd or lying server. */
  hooks?: Hooks;
  /** Default: `code` 60, `accessToken` 3600, `idToken` 3600, `refreshToken` 86400. */
  lifetimes?: Partial<Lifetimes>;
}

export interface FakeProvider {
  readonly issuer: string;
  readonly clientId: string;
  /**
   * The configuration for `createClient`. Each provider has another `sessionBinding`: a file of unit tests is one page, and no
   * test may find the session of the test before it.
   */
  readonly config: Readonly<ClientConfig> & { readonly issuer: string; readonly clientId: string; readonly redirectUri: string };
  /** The user in front of the browser. Assign another one to change the user. */
  user: User;
  /** The requests that the provider received, in order. */
  readonly requests: readonly RecordedRequest[];

  /**
   * Answers in this page from now on: `fetch` to the issuer's origin goes to the provider, and every other request goes where
   * it went before. In jsdom and happy-dom, the provider also notices that the page leaves for it: see `comeBack`.
   */
  install(): FakeProvider;
  /** Undoes `install`. */
  restore(): void;
  /**
   * Answers in the pages of Playwright's `page` or `context`, including the login page. Playwright's `unrouteAll()` undoes it.
   */
  route(target: Routable): Promise<FakeProvider>;
  /**
   * The provider itself, to attach it to anything else: it takes one request and returns its answer, or `undefined` if the
   * connection is lost.
   */
  respond(request: ProviderRequest): Promise<ProviderResponse | undefined>;

  /**
   * Plays the user's part: opens the authorization URL (or the logout URL), agrees, and returns the URL to which the provider
   * sends the browser back.
   * @throws Error if the provider shows an error page instead; the message says which
   */
  authorize(url: string | URL): Promise<string>;
  /** A whole login without navigation: `authorizationUrl`, the user's part, `handleCallback`. */
  login(client: Pick<Client, "load" | "authorizationUrl" | "handleCallback">, options?: LoginOptions): Promise<LoginResult>;
  /**
   * For jsdom and happy-dom, where a page cannot navigate: waits until the page would have left for the provider (`beginLogin`,
   * `logout`), plays the user's part there, and returns the URL to which the provider sends the browser back.
   * @throws Error if the page can navigate, or if no provider is installed
   */
  comeBack(): Promise<string>;

  /**
   * Makes the provider fail in this way from now on, at every place where this failure can happen or only `at` the given
   * places, for the next `times` requests or until the returned function is called. Several failures can be active at once; if
   * two concern the same request, the later one counts.
   */
  fail<Name extends FailureName>(name: Name, options?: FailOptions<Name>): () => void;
  /** Ends all failures. */
  recover(): void;
  /** Advances the provider's clock by this many seconds; its base is `Date`'s clock. */
  advance(seconds: number): void;
  /** Signs with a new key from now on, and publishes only that key. */
  rotateKeys(): Promise<void>;
}

export interface FailOptions<Name extends FailureName> {
  at?: keyof (typeof failures)[Name] | readonly (keyof (typeof failures)[Name])[];
  times?: number;
}

export interface RecordedRequest extends ProviderRequest {
  /** `undefined` if the provider has no such endpoint: it answers 404. */
  readonly place: Place | undefined;
  /** The parameters of the query, or of the posted form. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The failure that the provider simulated. */
  readonly failure: FailureName | undefined;
  /** The status of the answer, once there is one. */
  readonly status: number | undefined;
}

/** The part of Playwright's `Page` and `BrowserContext` that this package uses. */
export interface Routable {
  route(url: (url: URL) => boolean, handler: (route: Route) => Promise<void>): Promise<unknown>;
}

/** The part of Playwright's `Route` that this package uses. */
export interface Route {
  request(): {
    method(): string;
    url(): string;
    headers(): Record<string, string>;
    postData(): string | null;
  };
  fulfill(response: { status: number; headers: Record<string, string>; body: string }): Promise<void>;
  abort(): Promise<void>;
}
