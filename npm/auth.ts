/**
 * What the adapters share: a client that is made once and only in a browser, a callback that is handled once, and a snapshot
 * of both for the framework to follow. Whatever is about OAuth is the client's.
 */
import { wicketgateError } from "./errors.js";
import { countLogin, forgetLogins } from "./guard.js";
import type { Client, LoginOptions, LoginResult, Session } from "./types.js";

/**
 * A client, the promise of one, or what makes one: `() => createClient(config)`. Only the last is safe where pages are also
 * rendered on a server, because it is called in browsers only, and once; after a failure `login()` calls it again.
 */
export type ClientSource = Client | Promise<Client> | (() => Client | Promise<Client>);

export interface AuthOptions {
  /** How the app's router goes to a path of this origin. Default: `history.replaceState`, which no router notices. */
  navigate?: ((path: string, options: { replace: true }) => unknown) | undefined;
  /** Called with what a callback came to, before the router goes on to `returnTo`: for `appState` and `backend`. */
  onReturn?: ((result: LoginResult) => void) | undefined;
  /** For each login, those that a guard begins among them. */
  login?: LoginOptions | undefined;
}

/** What an app sees. A new object after each change, and only then. */
export interface Auth {
  /** `"loading"`: the client is being made, a callback handled, or the page is about to be left for a login or logout. */
  readonly status: "loading" | Session["status"];
  /** `client.session()`; signed out as long as there is no client. */
  readonly session: Session;
  /** Why there is no client, or what became of the last login. `login()` clears it; until then no guard begins another. */
  readonly error: unknown;
  /** For what is not here. */
  readonly client: Client | undefined;
  /** `client.beginLogin()`. */
  readonly login: (options?: LoginOptions) => Promise<void>;
  /** `client.logout()`. Where that stays in the page, the router goes on to `returnTo` (default `"/"`), away from guarded pages. */
  readonly logout: (options?: LogoutOptions) => Promise<void>;
  /** `client.revoke()`, and on to `returnTo` as after a logout. */
  readonly revoke: (options?: { returnTo?: string }) => Promise<void>;
  readonly accessToken: Client["accessToken"];
  readonly userInfo: Client["userInfo"];
}

export type LogoutOptions = NonNullable<Parameters<Client["logout"]>[0]> & { returnTo?: string };

/** What an adapter sees. */
export interface AuthStore {
  options: AuthOptions;
  snapshot(): Auth;
  /** The snapshot of a server, and of a page before its first change. */
  readonly initial: Auth;
  /** Makes the client where nobody has yet. Returns the unsubscriber. */
  subscribe(listener: () => void): () => void;
  /** Resolves when the status is not `"loading"` any more. */
  ready(): Promise<void>;
  /**
   * For guards: resolves when somebody is signed in. Otherwise it begins a login that leads back to `returnTo` (default: the
   * page's URL), and does not resolve; it rejects where that fails, and where the last login failed.
   */
  require(returnTo?: string): Promise<void>;
}

const signedOut: Session = Object.freeze({ status: "signed-out" });
const stores = new WeakMap<object, AuthStore>();

/** The one store of `source`: a framework may throw away what it rendered, and render anew, as often as it likes. */
export function authStore(source: ClientSource, options: AuthOptions = {}): AuthStore {
  let store = stores.get(source);
  if (!store) stores.set(source, (store = createStore(source, options)));
  return store;
}

function createStore(source: ClientSource, options: AuthOptions): AuthStore {
  const listeners = new Set<() => void>();
  let client: Client | undefined;
  let error: unknown;
  let settling: Promise<void> | undefined;
  let unfollow: (() => void) | undefined;
  /** How much is under way that makes the status `"loading"`. */
  let pending = 0;
  let guarding: Promise<void> | undefined;
  let waiting: Promise<void> | undefined;
  let wake = (): void => {};

  const initial: Auth = {
    status: "loading",
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

  const store: AuthStore = { options, snapshot, initial, subscribe, ready, require };
  return store;

  function snapshot(): Auth {
    const session = client?.session() ?? signedOut;
    const status = settling && !pending ? session.status : "loading";
    if (status !== last.status || session !== last.session || error !== last.error || client !== last.client) {
      last = { ...last, status, session, error, client };
    }
    return last;
  }

  function subscribe(listener: () => void): () => void {
    // A server renders what is there; it has nobody to log in, and never stops to listen.
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
    if (now === told) return;
    told = now;
    for (const listener of [...listeners]) listener();
  }

  function ready(): Promise<void> {
    if (snapshot().status !== "loading") return Promise.resolve();
    void settled();
    return (waiting ??= new Promise((resolve) => (wake = resolve)));
  }

  /** Resolves, and never rejects, when the client is there and has handled the callback, or when one of these has failed. */
  function settled(): Promise<void> {
    return (settling ??= during(settle));
  }

  async function settle(): Promise<void> {
    try {
      client = await (typeof source === "function" ? source() : source);
      follow();
      const isCallback = client.isCallback();
      if (isCallback) {
        const result = await client.handleCallback();
        // Begun, and not waited for: on its way the router may ask a guard, and the guard waits for this.
        during(() => goOn(result)).catch(fail);
      }
      // What a callback has brought may be gone with this page: whether it stays shows where it is asked for.
      if (!isCallback && client.session().status !== "signed-out") forgetLogins(sessionStorage);
    } catch (reason) {
      error = reason;
    }
  }

  async function goOn(result: LoginResult): Promise<void> {
    store.options.onReturn?.(result);
    await navigate(result.returnTo);
  }

  async function navigate(path: string): Promise<void> {
    if (store.options.navigate) await store.options.navigate(path, { replace: true });
    else history.replaceState(history.state, "", path);
  }

  async function during<T>(work: () => Promise<T>): Promise<T> {
    pending++;
    try {
      changed();
      return await work();
    } finally {
      pending--;
      changed();
    }
  }

  async function made(): Promise<Client> {
    await settled();
    if (!client) throw error;
    return client;
  }

  /** For what an app shows; gives it on to who asked. */
  function fail(reason: unknown): void {
    error = reason;
    changed();
  }

  async function login(loginOptions?: LoginOptions): Promise<void> {
    if (error && !client) settling = undefined;
    error = undefined;
    try {
      await during(async () => (await made()).beginLogin({ ...store.options.login, ...loginOptions }));
    } catch (reason) {
      // Who comes back with the back button has changed their mind, which is no error.
      if ((reason as { code?: unknown }).code === "navigation_cancelled") return;
      fail(reason);
      throw reason;
    }
  }

  /** Does not let the status say `"signed-out"` before the guarded page is left: its guard would begin a login. */
  function leave(work: (client: Client) => Promise<void>, returnTo = "/"): Promise<void> {
    return during(async () => {
      const client = await made();
      const to = new URL(returnTo, location.href);
      if (to.origin !== location.origin) {
        throw wicketgateError("invalid_option", "The options cannot be used: returnTo is not of this page's origin.", "Give a path.");
      }
      try {
        await work(client);
      } finally {
        // Refused options end nothing.
        const isOver = client.session().status === "signed-out";
        if (store.options.navigate && isOver) await navigate(to.pathname.replace(/^\/+/, "/") + to.search + to.hash);
      }
    });
  }

  async function require(returnTo?: string): Promise<void> {
    if (typeof window === "undefined") {
      throw wicketgateError(
        "unsupported_environment",
        "A guard was asked where there is no window, and so no session.",
        "Guard pages in the browser only: switch off server rendering for those that are guarded.",
      );
    }
    const client = await made();
    if (client.session().status !== "signed-out") return forgetLogins(sessionStorage);
    if (error) throw error;
    // One login, however many guards there are on a page, and however often each of them asks.
    await (guarding ??= during(() => beginLogin(client, returnTo)).finally(() => (guarding = undefined)));
    // The page is about to go. Whoever waits here for a session must not go on without one.
    if (client.session().status === "signed-out") await new Promise(() => {});
  }

  async function beginLogin(client: Client, returnTo?: string): Promise<void> {
    try {
      countLogin(sessionStorage, Date.now() / 1000);
      await client.beginLogin({ ...store.options.login, ...(returnTo !== undefined && { returnTo }) });
    } catch (reason) {
      error = reason;
      throw reason;
    }
  }
}
