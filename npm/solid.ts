/** The entry `wicketgate/solid`: `AuthProvider`, `RequireAuth`, and `useAuth()`. */
import { createComponent, createContext, createEffect, createMemo, createSignal, onCleanup, startTransition, useContext, type JSX } from "solid-js";
import { authStore, type Auth, type AuthOptions, type AuthStore, type ClientSource } from "./auth.js";

export type { Auth, AuthOptions, ClientSource, LogoutOptions } from "./auth.js";

const Context = createContext<{ store: AuthStore; auth: Auth }>();

export interface AuthProviderProps extends AuthOptions {
  client: ClientSource;
  children?: JSX.Element;
}

/** Makes the client, handles the callback, goes on to where the login was begun. */
export function AuthProvider(props: AuthProviderProps): JSX.Element {
  // Read here, as `useNavigate()` must be called.
  const { client, navigate: go, onReturn, login } = props;
  // What a router has begun as a transition is to be on the screen before the session is: a guard would see that at the page
  // which the router is about to leave.
  const navigate = go && (async (...to: Parameters<typeof go>) => (await go(...to), await startTransition(() => {})));
  const store = authStore(client, { navigate, onReturn, login });
  const [snapshot, setSnapshot] = createSignal(store.snapshot());
  onCleanup(store.subscribe(() => setSnapshot(() => store.snapshot())));
  const auth: Auth = {
    ...store.initial,
    get status() {
      return snapshot().status;
    },
    get session() {
      return snapshot().session;
    },
    get error() {
      return snapshot().error;
    },
    get client() {
      return snapshot().client;
    },
  };
  return createComponent(Context.Provider, {
    value: { store, auth },
    get children() {
      return props.children;
    },
  });
}

function useBoth(): { store: AuthStore; auth: Auth } {
  const both = useContext(Context);
  if (!both) throw new Error("wicketgate/solid: there is no <AuthProvider> above this component.");
  return both;
}

/** The session, and what to do about it. Its members are signals: `auth.status`, not taken apart. */
export function useAuth(): Auth {
  return useBoth().auth;
}

export interface RequireAuthProps {
  children?: JSX.Element;
  /** Shown until it is clear who is there, and while the page goes to the login. */
  fallback?: JSX.Element;
}

/**
 * Its children are for those who are signed in. Others go to the login and come back to where they were. Around a page, or
 * as the `component` of a route that has others. What keeps a login from succeeding it throws, to the nearest `ErrorBoundary`.
 */
export function RequireAuth(props: RequireAuthProps): JSX.Element {
  const { store, auth } = useBoth();
  createEffect(() => {
    // What it rejects with is in `error` by then.
    if (auth.status !== "loading") store.require().catch(() => {});
  });
  const isIn = createMemo(() => {
    if (auth.status === "loading") return false;
    if (auth.status === "signed-out" && auth.error) throw auth.error;
    return auth.status !== "signed-out";
  });
  return createMemo(() => (isIn() ? props.children : props.fallback)) as unknown as JSX.Element;
}
