/**
 * The part that the adapters share: a client that is created once and only in a browser, a callback that is handled once, and a
 * snapshot of both for the framework to follow. The client makes all decisions about OAuth.
 */
import { isWicketgateError, wicketgateError } from "./errors.js";
import { countLogin, forgetLogins, isOut } from "./guard.js";
import type { Client, LoginOptions, LoginResult, Session, WicketgateError } from "./types.js";

/**
 * A client, the promise of one, or a function that creates one: `() => createClient(config)`. Only the function is safe if a
 * server also renders the pages: it is called only in browsers, and once. After a failure, `login()` calls it again.
 */
export type ClientSource = Client | Promise<Client> | (() => Client | Promise<Client>);

export interface AuthOptions {
  /**
   * How the app's router goes to a path of this origin. By default, the adapter changes the address and dispatches the event of
   * the back button, which every router understands that follows the address. Set this for a router that does not
   * (SvelteKit's), and for a router that loads data before it shows a page (React Router's `router.navigate`).
   */
  navigate?: ((path: string, options: { replace: true }) => unknown) | undefined;
  /** Called with the result of a callback, before the router goes on to `returnTo`: for `appState` and `backend`. */
  onReturn?: ((result: LoginResult) => void) | undefined;
  /** The options of every login, including the logins that a guard begins. */
  login?: LoginOptions | undefined;
  /**
   * The path of a page that needs no login, such as `"/app/"`. A logout that stays in the page leads there, and so does a
   * failed login whose `returnTo` is unknown. Default: the document's `<base href>`, or else `"/"`.
   */
  home?: string | undefined;
}

export interface RouterAuthOptions extends AuthOptions {
  /**
   * The path of a page that needs no login and shows `error`: a router's guards lead there after a failed login. Default:
   * `home`.
   */
  errorPage?: string | undefined;
}

/** The state that an app sees. It is a new object after each change, and only then. */
export interface Auth {
  /**
   * `"loading"`: the client is being created, a callback is being handled, or the page is about to leave for a login or logout.
   */
  readonly status: "loading" | Status;
  /**
   * Whether a user is signed in (`"signed-in"`, `"stale"`) and the page is at the place to which the login leads. Guards show
   * their page while this is true: also while another login begins, because the user may still cancel that login.
   */
  readonly isSignedIn: boolean;
  /** `client.session()`; signed out while there is no client. */
  readonly session: Session;
  /**
   * The last failure, from creating the client or from logging in. `login()` clears it; while it is set, guards do not begin a
   * login. If a function of the app throws (`client`, `onReturn`, `navigate`), the thrown value is the `cause` of an
   * `invalid_option`.
   */
  readonly error: WicketgateError | undefined;
  /** The client, for calls that this interface lacks. */
  readonly client: Client | undefined;
  /** `client.beginLogin()`. */
  readonly login: (options?: LoginOptions) => Promise<void>;
  /**
   * `client.logout()`. If the logout stays in the page, the router goes on to `returnTo` (default: `home`), away from guarded
   * pages.
   */
  readonly logout: (options?: LogoutOptions) => Promise<void>;
  /** `client.revoke()`. The router then goes on to `returnTo`, as after a logout. */
  readonly revoke: (options?: { returnTo?: string }) => Promise<void>;
  readonly accessToken: Client["accessToken"];
  readonly userInfo: Client["userInfo"];
}

export type Status = Session["status"];

export type LogoutOptions = NonNullable<Parameters<Client["logout"]>[0]> & { returnTo?: string };

/** The state and calls that an adapter sees. */
export interface AuthStore {
  options: RouterAuthOptions;
  /** Set by an adapter: resolves when the framework shows the page to which the router went. */
  shown?: () => Promise<unknown>;
  snapshot(): Auth;
  /** The snapshot on a server, and in a page before its first change. */
  readonly initial: Auth;
  /**
   * Whether the page's address still is the answer to a login. A router that sees this address finds no page for it, and prints
   * it together with the code. So adapters show no router before the page is at the place to which the login leads.
   */
  isAtCallback(): boolean;
  /** The path to which a router's guards lead after a failed login. */
  errorPage(): string;
  /** Goes to a path of this origin, and resolves when the framework shows its page. */
  navigate(path: string): Promise<void>;
  /** Creates the client if there is none yet. Returns the function that unsubscribes. */
  subscribe(listener: () => void): () => void;
  /** Resolves when the status is no longer `"loading"`. */
  ready(): Promise<void>;
  /**
   * For guards: resolves when a user is signed in. Otherwise it begins a login that leads back to `returnTo` (default: the
   * page's URL) and does not resolve. It rejects if that login cannot begin, or if the last login failed.
   */
  require(returnTo?: string): Promise<void>;
}

const signedOut: Session = Object.freeze({ status: "signed-out" });
/** An authorization response, the failure of a login at the backend, or a URL that looks like one: only the client can tell. */
export const RESPONSE = /[?&#](code|(wicketgate_)?error)=/;
const stores = new WeakMap<object, AuthStore>();

/** The only store of `source`. A framework may discard what it rendered and render it again, as often as it likes. */
export function authStore(source: ClientSource, options: RouterAuthOptions = {}): AuthStore {
  let store = stores.get(source);
  if (!store) stores.set(source, (store = createStore(source, options)));
  return store;
}

function createStore(source: ClientSource, options: RouterAuthOptions): AuthStore {
  const listeners = new Set<() => void>();
  let client: Client | undefined;
  let error: WicketgateError | undefined;
  /** The place to which the failed login was to lead. */
  let wanted: string | undefined;
  let settling: Promise<void> | undefined;
  let unfollow: (() => void) | undefined;
  /**
   * The number of pending steps that make the status `"loading"`: towards the place to which a login leads, and away for a
   * login or logout.
   */
  const pending = { arriving: 0, leaving: 0 };
  let isAtCallback = typeof window !== "undefined" && RESPONSE.test(location.search + location.hash);
  let guarding: Promise<void> | undefined;
  let waiting: Promise<void> | undefined;
  let wake = (): void => {};
  let overtaken = (): void => {};

  const initial: Auth = {
    status: "loading",
    isSignedIn: false,
    session: signedOut,
    error: undefined,
    client: undefined,
    login,
    logout: ({ returnTo, ...logoutOptions } = {}) => leave((client) => client.logout(logoutOptions), returnTo),
    revoke: ({ returnTo } = {}) => leave((client) => client.revoke(), returnTo),
    accessToken: async (tokenOptions) => (await made()).accessToken(tokenOptions),
    userInfo: async () => (await made()).userInfo(),
  };
  let last = initial;
  let told = initial;
  let toldIsAtCallback = isAtCallback;

  const store: AuthStore = { options, snapshot, initial, isAtCallback: () => isAtCallback, errorPage, navigate, subscribe, ready, require };
  return store;

  function snapshot(): Auth {
    const session = client?.session() ?? signedOut;
    const hasArrived = settling !== undefined && !pending.arriving;
    const isSignedIn = hasArrived && !isOut(session);
    const status: Auth["status"] = hasArrived && !pending.leaving ? session.status : "loading";
    const now = { status, isSignedIn, session, error, client } as const;
    const isNew = Object.entries(now).some(([name, value]) => value !== last[name as keyof Auth]);
    if (isNew) last = { ...last, ...now };
    return last;
  }

  function subscribe(listener: () => void): () => void {
    // A server renders the initial state: it has nobody to log in, and never unsubscribes.
    if (typeof window === "undefined") return () => {};
    const own = () => listener();
    listeners.add(own);
    follow();
    void settled();
    return () => {
      listeners.delete(own);
      if (listeners.size) return;
      unfollow?.();
      unfollow = undefined;
    };
  }

  function follow(): void {
    if (client && listeners.size) unfollow ??= client.subscribe(changed);
  }

  function changed(): void {
    const now = snapshot();
    if (now.status !== "loading") {
      wake();
      waiting = undefined;
    }
    if (now === told && isAtCallback === toldIsAtCallback) return;
    [told, toldIsAtCallback] = [now, isAtCallback];
    for (const listener of [...listeners]) listener();
  }

  function ready(): Promise<void> {
    if (snapshot().status !== "loading") return Promise.resolve();
    void settled();
    return (waiting ??= new Promise((resolve) => (wake = resolve)));
  }

  /** Resolves when the client exists and has handled the callback, or when either has failed. It never rejects. */
  function settled(): Promise<void> {
    return (settling ??= during("arriving", settle));
  }

  async function settle(): Promise<void> {
    let isCallback = false;
    try {
      client = await (typeof source === "function" ? source() : source);
      follow();
      isCallback = client.isCallback();
      if (isCallback) {
        const result = await client.handleCallback();
        goOn(result.returnTo, result);
      }
      // A session that a callback has just brought may be lost with this page, so it does not reset the count of logins here.
      else if (!isOut(client.session())) forgetLogins(sessionStorage);
    } catch (reason) {
      error = known(reason);
      wanted = error.returnTo;
      // The user must not stay at a redirect URI.
      if (isCallback) goOn(wanted ?? home());
    }
    if (!isCallback) isAtCallback = false;
  }

  /**
   * Starts the navigation without waiting for it: on its way, the router may ask a guard, and the guard waits for this store.
   */
  function goOn(returnTo: string, result?: LoginResult): void {
    void during("arriving", async () => {
      try {
        if (result) store.options.onReturn?.(result);
      } catch (reason) {
        error = known(reason);
      }
      await navigate(returnTo).catch((reason) => (error = known(reason)));
      isAtCallback = false;
    });
  }

  async function navigate(path: string): Promise<void> {
    const overtake = overtaken;
    // A router may ask a guard that goes elsewhere. Then this navigation never ends.
    await Promise.race([goTo(path), new Promise<void>((resolve) => (overtaken = resolve))]);
    overtake();
  }

  async function goTo(path: string): Promise<void> {
    const own = store.options.navigate;
    if (own) {
      await own(path, { replace: true });
      await store.shown?.();
      if (!isAstray(path)) return;
    }
    go(path);
    await store.shown?.();
  }

  async function during<T>(what: keyof typeof pending, work: () => Promise<T>): Promise<T> {
    pending[what]++;
    try {
      changed();
      return await work();
    } finally {
      pending[what]--;
      changed();
    }
  }

  function home(): string {
    return store.options.home ?? pathOf(document.querySelector<HTMLBaseElement>("base[href]")?.href ?? "/");
  }

  function errorPage(): string {
    return store.options.errorPage ?? home();
  }

  async function made(): Promise<Client> {
    await settled();
    if (!client) throw error;
    return client;
  }

  function fail(reason: unknown): void {
    error = known(reason);
    changed();
  }

  async function login(loginOptions?: LoginOptions): Promise<void> {
    // The page that shows the failure is not the page that the user wanted.
    const here = pathOf(location.href);
    const returnTo = error && here === errorPage() && wanted !== here ? wanted : undefined;
    const all = { ...store.options.login, ...(returnTo !== undefined && { returnTo }), ...loginOptions };
    if (error && !client) settling = undefined;
    error = wanted = undefined;
    try {
      await during("leaving", async () => (await made()).beginLogin(all));
    } catch (reason) {
      // A user who comes back with the back button has changed their mind. That is not an error.
      if ((reason as { code?: unknown }).code === "navigation_cancelled") return;
      fail(reason);
      throw reason;
    }
  }

  /**
   * Keeps the status from becoming `"signed-out"` before the router has left the guarded page: its guard would begin a login.
   */
  function leave(work: (client: Client) => Promise<void>, returnTo?: string): Promise<void> {
    return during("leaving", async () => {
      const client = await made();
      const to = new URL(returnTo ?? home(), location.href);
      if (to.origin !== location.origin) {
        throw wicketgateError("invalid_option", "The options cannot be used: returnTo is not of this page's origin.", "Give a path.");
      }
      try {
        await work(client);
      } finally {
        // A logout with refused options has not ended the session.
        if (isOut(client.session())) await navigate(pathOf(to));
      }
    });
  }

  async function require(returnTo?: string): Promise<void> {
    if (typeof window === "undefined") {
      throw wicketgateError(
        "unsupported_environment",
        "A guard ran where there is no window, and so no session.",
        "Guard pages in the browser only: switch off server rendering for those that are guarded.",
      );
    }
    await settled();
    if (client && !isOut(client.session())) return forgetLogins(sessionStorage);
    if (!client || error) {
      wanted = returnTo ?? pathOf(location.href);
      throw error;
    }
    // One login, however many guards a page has, and however often each of them asks.
    await (guarding ??= during("leaving", () => beginLogin(returnTo)).finally(() => (guarding = undefined)));
    // The page is about to leave. Code that waits here for a session must not continue without one.
    if (isOut(client.session())) await new Promise(() => {});
  }

  async function beginLogin(returnTo?: string): Promise<void> {
    try {
      countLogin(sessionStorage, Date.now() / 1000);
      await (await made()).beginLogin({ ...store.options.login, ...(returnTo !== undefined && { returnTo }) });
    } catch (reason) {
      error = known(reason);
      wanted = returnTo ?? pathOf(location.href);
      throw reason;
    }
  }
}

/** An app's own functions may throw any value. The app always sees an error with a code. */
function known(reason: unknown): WicketgateError {
  if (isWicketgateError(reason)) return reason;
  const message = reason instanceof Error ? reason.message : String(reason);
  const hint = "See `cause`: a function of the app threw it, `client`, `onReturn` or `navigate`.";
  return Object.assign(wicketgateError("invalid_option", message, hint), { cause: reason });
}

function pathOf(url: string | URL): string {
  const { pathname, search, hash } = new URL(url, location.href);
  return pathname.replace(/^\/+/, "/") + search + hash;
}

/** Changes the address and dispatches the event of the back button, so that every router notices it. */
function go(path: string): void {
  const { href, hash } = location;
  history.replaceState(history.state, "", path);
  window.dispatchEvent(new window.PopStateEvent("popstate", { state: history.state }));
  if (location.hash === hash) return;
  window.dispatchEvent(new window.HashChangeEvent("hashchange", { oldURL: href, newURL: location.href }));
}

/**
 * Whether the router took a path of the origin for one of its own, and so put it below its base a second time, or into the
 * fragment.
 */
function isAstray(path: string): boolean {
  const { pathname, hash, href } = location;
  const to = new URL(path, href).pathname;
  const base = pathname.endsWith(to) ? pathname.slice(0, -to.length) : "";
  return hash === `#${path}` || (base !== "" && `${to}/`.startsWith(`${base}/`));
}
