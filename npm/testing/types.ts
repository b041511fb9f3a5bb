import type { Claims, Client, ClientConfig, LoginOptions, LoginResult } from "../types.js";
import type { FailureName, Place, failures } from "./failures.js";
import type { Algorithm } from "./keys.js";

export type { Algorithm, FailureName, Place };

/** Every member has a default. Durations are seconds. */
export interface FakeProviderOptions {
  /** Default `https://login.test`. */
  issuer?: string;
  /** Default `my-app`. */
  clientId?: string;
  /** As registered; each is compared byte for byte. Default: `/callback` of the page's origin. */
  redirectUri?: string | URL | readonly (string | URL)[];
  /** Where a logout may lead back to. Default: `/` of the redirect URIs' origins. */
  postLogoutRedirectUri?: string | URL | readonly (string | URL)[];
  /** What the client asks for, in `provider.config`. Default `openid profile email offline_access`. */
  scope?: string;
  /** Who is in front of the browser. */
  user?: User;
  /** What ID tokens are signed with. Default `ES256`. */
  algorithm?: Algorithm;
  /** Default: `code` 60, `accessToken` 3600, `idToken` 3600, `refreshToken` 86400. */
  lifetimes?: Partial<Lifetimes>;
}

export interface Lifetimes {
  code: number;
  accessToken: number;
  idToken: number;
  refreshToken: number;
}

/** Standard claims are given out for the scope that has them (OpenID Connect Core §5.4), all others always. */
export interface User extends Claims {
  sub: string;
}

export interface FakeProvider {
  readonly issuer: string;
  readonly clientId: string;
  /**
   * The configuration for `createClient`. Its `sessionBinding` is another one for each provider: in a file of unit tests, which
   * is one page, no test is signed in from the one before.
   */
  readonly config: Readonly<ClientConfig> & { readonly issuer: string; readonly clientId: string; readonly redirectUri: string };
  /** Who is in front of the browser. Somebody else comes by an assignment. */
  user: User;
  /** What was asked of the provider, in order. */
  readonly requests: readonly RecordedRequest[];

  /**
   * Answers in this page from now on: `fetch` to the issuer's origin goes to the provider, everything else where it went
   * before. In jsdom and happy-dom it also sees the page leave for the provider: see `comeBack`.
   */
  install(): FakeProvider;
  /** Undoes `install`. */
  restore(): void;
  /** Answers in the pages of Playwright's `page` or `context`, the login page included. `unrouteAll()` there undoes it. */
  route(target: Routable): Promise<FakeProvider>;
  /** The provider itself, to attach it to anything else: one request, and its answer. `undefined` where the connection is lost. */
  respond(request: ProviderRequest): Promise<ProviderResponse | undefined>;

  /**
   * Plays the person's part: opens the authorization URL (or the logout URL), agrees, and gives the URL to which the provider
   * sends the browser back.
   * @throws Error where the provider shows an error page instead, and says which
   */
  authorize(url: string | URL): Promise<string>;
  /** A whole login without navigation: `authorizationUrl`, the person's part, `handleCallback`. */
  login(client: Pick<Client, "authorizationUrl" | "handleCallback">, options?: LoginOptions): Promise<LoginResult>;
  /**
   * In jsdom and happy-dom, where a page cannot leave: waits until it would have left for the provider (`beginLogin`,
   * `logout`), plays the person's part there, and gives the URL to which the browser is sent back.
   * @throws Error where a page can leave, or none is installed
   */
  comeBack(): Promise<string>;

  /**
   * From now on fails so, wherever this failure can happen or only `at` these places, the next `times` times or until the
   * function that it gives is called. Several failures may be there at once; of two for the same request, the later counts.
   */
  fail<Name extends FailureName>(name: Name, options?: FailOptions<Name>): () => void;
  /** Ends all failures. */
  recover(): void;
  /** Lets so many seconds go by on the provider's clock, which otherwise is `Date`'s. */
  advance(seconds: number): void;
  /** Signs with a new key from now on, and publishes no other. */
  rotateKeys(): Promise<void>;
}

export interface FailOptions<Name extends FailureName> {
  at?: keyof (typeof failures)[Name] | readonly (keyof (typeof failures)[Name])[];
  times?: number;
}

export interface ProviderRequest {
  method: string;
  url: string;
  /** By names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface ProviderResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface RecordedRequest extends ProviderRequest {
  /** `undefined` where the provider has nothing: a 404. */
  readonly place: Place | undefined;
  /** Those of the query, or of the form that was posted. */
  readonly parameters: Readonly<Record<string, string>>;
  /** How the provider was told to fail. */
  readonly failure: FailureName | undefined;
  /** That of the answer, once there is one. */
  readonly status: number | undefined;
}

/** What this needs of Playwright's `Page` and `BrowserContext`. */
export interface Routable {
  route(url: (url: URL) => boolean, handler: (route: Route) => Promise<void>): Promise<unknown>;
}

/** What this needs of Playwright's `Route`. */
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
