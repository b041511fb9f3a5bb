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

export type { Auth, AuthOptions, ClientSource, LogoutOptions } from "./auth.js";

const Context = createContext<AuthStore | undefined>(undefined);
Context.displayName = "Auth";

export interface AuthProviderProps extends AuthOptions {
  /** Only the first one counts. */
  client: ClientSource;
  children?: ReactNode;
}

/** Makes the client, handles the callback, goes on to where the login was begun. */
export function AuthProvider({ client, children, ...options }: AuthProviderProps): ReactElement {
  const [store] = useState(() => authStore(client, options));
  const [arrived, setArrived] = useState<() => void>();
  useEffect(() => arrived?.(), [arrived]);
  // What the router leaves may be this provider, too: then nothing is rendered here any more.
  const [stay] = useState<{ over?: Promise<void> }>({});
  useEffect(() => {
    let end = () => {};
    stay.over = new Promise((resolve) => (end = resolve));
    return () => end();
  }, [stay]);
  useEffect(() => {
    // A router's `navigate` may be another one each time.
    const { navigate } = options;
    store.options = options;
    if (navigate) store.options.navigate = async (...to) => (await navigate(...to), Promise.race([rendered(setArrived), stay.over]));
  });
  return createElement(Context.Provider, { value: store }, children);
}

/**
 * Resolves when what a router has begun as a transition is on the screen, this being one that comes after it. The session is
 * shown without such delay: a guard would see it at the page that the router is about to leave.
 */
function rendered(setArrived: (arrived: () => () => void) => void): Promise<void> {
  return new Promise((resolve) => startTransition(() => setArrived(() => resolve)));
}

function useStore(): AuthStore {
  const store = useContext(Context);
  if (!store) throw new Error("wicketgate/react: there is no <AuthProvider> above this component.");
  return store;
}

/** The session, and what to do about it. Renders anew after each change. */
export function useAuth(): Auth {
  const store = useStore();
  return useSyncExternalStore(store.subscribe, store.snapshot, () => store.initial);
}

/** The same for those inside `<Suspense>` and an error boundary: waits while it is loading, and throws `error`. */
export function useSuspenseAuth(): Auth {
  const store = useStore();
  const auth = useAuth();
  // React's own way to say so: the boundary's fallback is what the server sends.
  if (typeof window === "undefined") throw new Error("wicketgate/react: sessions are known in the browser only.");
  if (auth.error) throw auth.error;
  if (auth.status === "loading") throw store.ready();
  return auth;
}

/**
 * A valid access token, another one when it has been renewed; undefined as long as there is none. For what needs the token
 * while it renders. A request asks `useAuth().accessToken()` when it is made.
 */
export function useAccessToken(): string | undefined {
  const { session, accessToken } = useAuth();
  const sub = session.claims?.sub;
  const [held, setHeld] = useState<{ token?: string | undefined; sub?: string | undefined }>({});
  useEffect(() => {
    let isOver = false;
    const set = (token?: string) => isOver || setHeld({ token, sub });
    const ask = () => void accessToken().then(set, () => set());
    if (session.status === "signed-out") set();
    else ask();
    // Again when it is time for another one, and, where there was none, when this one is over.
    const { expiresAt = 0 } = session;
    const waits = [30, 0].map((seconds) => (expiresAt - seconds) * 1000 - Date.now());
    const timers = waits.filter((wait) => wait > 0).map((wait) => setTimeout(ask, wait));
    return () => {
      isOver = true;
      timers.forEach(clearTimeout);
    };
  }, [session, accessToken]);
  // That of somebody else is none, as long as theirs has not come.
  return session.status === "signed-out" || held.sub !== sub ? undefined : held.token;
}

export interface RequireAuthProps {
  children?: ReactNode;
  /** Shown until it is clear who is there, and while the page goes to the login. */
  fallback?: ReactNode;
}

/**
 * Its children are for those who are signed in. Others go to the login and come back to where they were. Around a page, or
 * around the `<Outlet />` of a layout route. What keeps a login from succeeding it throws, to the nearest error boundary.
 */
export function RequireAuth({ children, fallback }: RequireAuthProps): ReactNode {
  const store = useStore();
  const { status, session, error } = useAuth();
  useEffect(() => {
    // What it rejects with is in `error` by then.
    if (status !== "loading") store.require().catch(() => {});
  }, [store, status, error]);
  if (session.status !== "signed-out" && status !== "loading") return children;
  if (error && status !== "loading") throw error;
  return fallback;
}
