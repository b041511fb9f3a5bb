"use client";
/** The entry `wicketgate/react`: `AuthProvider`, `RequireAuth`, and hooks. */
import {
  createContext,
  createElement,
  startTransition,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
  type ReactElement,
  type ReactNode,
} from "react";
import { authStore, type Auth, type AuthOptions, type AuthStore, type ClientSource } from "./auth.js";
import { isOut } from "./guard.js";
import type { Session, WicketgateError } from "./types.js";

export type { Auth, AuthOptions, ClientSource, LogoutOptions } from "./auth.js";

const Context = createContext<AuthStore | undefined>(undefined);
Context.displayName = "Auth";

export interface AuthProviderProps extends AuthOptions {
  /** Only the first value counts. */
  client: ClientSource;
  children?: ReactNode;
  /** Shown at the redirect URI, until the page is at the place to which the login leads. */
  fallback?: ReactNode;
}

/**
 * Creates the client, handles the callback, and goes on to the place where the login began, whether or not any component
 * follows the session. Put it around the router: a router that is not mounted yet cannot see the redirect URI.
 */
export function AuthProvider({ client, children, fallback, ...options }: AuthProviderProps): ReactElement {
  const [store] = useState(() => authStore(client, options));
  const [arrived, setArrived] = useState<() => void>();
  useEffect(() => arrived?.(), [arrived]);
  // The page that the router leaves may contain this provider, too. Then nothing is rendered here any more.
  const [stay] = useState<{ over?: Promise<void> }>({});
  useEffect(() => {
    let end = () => {};
    stay.over = new Promise((resolve) => (end = resolve));
    attempts = 0;
    return () => end();
  }, [stay]);
  useEffect(() => {
    // A router's `navigate` may be a new function in each render.
    store.options = options;
    store.shown = () => Promise.race([rendered(setArrived), stay.over]);
  });
  const isAtCallback = useSyncExternalStore(store.subscribe, store.isAtCallback, () => false);
  return createElement(Context.Provider, { value: store }, isAtCallback ? fallback : children);
}

/**
 * Resolves when a transition that the router has begun is on the screen: this transition comes after it. The session itself is
 * shown without such a delay, because a guard would otherwise see it at the page that the router is about to leave.
 */
function rendered(setArrived: (arrived: () => () => void) => void): Promise<void> {
  return new Promise((resolve) => startTransition(() => setArrived(() => resolve)));
}

function useStore(): AuthStore {
  const store = useContext(Context);
  if (!store) throw new Error("wicketgate/react: there is no <AuthProvider> above this component.");
  return store;
}

/** The session, and the calls that change it. Renders again after each change. */
export function useAuth(): Auth {
  const store = useStore();
  return useSyncExternalStore(store.subscribe, store.snapshot, () => store.initial);
}

/**
 * The number of stores that components have waited for since a provider was last mounted. React discards a provider that waits.
 * If the next one gets another `client`, it waits for another store.
 */
let attempts = 0;
const awaited = new WeakSet<AuthStore>();

/**
 * `useAuth()` for components inside `<Suspense>` and an error boundary: suspends while the status is `"loading"`, and throws
 * `error`.
 */
export function useSuspenseAuth(): Auth {
  const store = useStore();
  const auth = useAuth();
  // This is how React expects it: the server sends the boundary's fallback.
  if (typeof window === "undefined") throw new Error("wicketgate/react: sessions are known in the browser only.");
  // Neither a new login that begins nor a failed login takes a page away from a signed-in user.
  if (auth.isSignedIn) return auth;
  if (auth.error) throw auth.error;
  if (auth.status !== "loading") return auth;
  if (!awaited.has(store)) attempts++;
  awaited.add(store);
  if (attempts > 20) {
    throw new Error(
      "wicketgate/react: <Suspense> stands around <AuthProvider>, whose `client` is another function at each attempt. Define the function outside of the component.",
    );
  }
  throw store.ready();
}

/**
 * A valid access token; its value changes when the client has renewed the token. Undefined while there is none. For components
 * that need the token while they render. Code that sends a request calls `useAuth().accessToken()` at that time.
 */
export function useAccessToken(): string | undefined {
  const { session, accessToken } = useAuth();
  const [held, setHeld] = useState<{ token?: string | undefined; session?: Session }>({});
  useEffect(() => {
    let isOver = false;
    const set = (token?: string) => isOver || setHeld({ token, session });
    const ask = () => void accessToken().then(set, () => set());
    if (isOut(session)) set();
    else ask();
    // The effect runs again when it is time for another token and, if there was none, when the present one expires.
    const { expiresAt = 0 } = session;
    const waits = [30, 0].map((seconds) => (expiresAt - seconds) * 1000 - Date.now());
    const timers = waits.filter((wait) => wait > 0 && wait < 2 ** 31).map((wait) => setTimeout(ask, wait));
    return () => {
      isOver = true;
      timers.forEach(clearTimeout);
    };
  }, [session, accessToken]);
  return !isOut(session) && held.session && isSameUser(held.session, session) ? held.token : undefined;
}

/**
 * Another user's token counts as none until the new user's token is there. Without `sub`, only the same session is certainly
 * the same user's.
 */
function isSameUser(one: Session, other: Session): boolean {
  return one === other || (one.claims?.sub !== undefined && one.claims.sub === other.claims?.sub);
}

export interface RequireAuthProps {
  children?: ReactNode;
  /** Shown until the status is known, and while the page goes to the login. */
  fallback?: ReactNode;
  /** Shown after a failed login; `again` begins another. Without it, the error is thrown to the nearest error boundary. */
  error?: ReactNode | ((error: WicketgateError, again: () => void) => ReactNode);
}

/**
 * Shows its children to signed-in users. Sends other users to the login, which leads back to the page where they were. Put it
 * around a page, or around the `<Outlet />` of a layout route.
 */
export function RequireAuth({ children, fallback, error: failed }: RequireAuthProps): ReactNode {
  const store = useStore();
  const { status, isSignedIn, error, login } = useAuth();
  useEffect(() => {
    // By then, `error` holds the failure.
    if (status !== "loading") store.require().catch(() => {});
  }, [store, status, error]);
  if (isSignedIn) return children;
  if (!error || status === "loading") return fallback;
  if (failed === undefined) throw error;
  return typeof failed === "function" ? failed(error, () => void login().catch(() => {})) : failed;
}
