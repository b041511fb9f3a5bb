/** The entry `wicketgate/solid`: `AuthProvider`, `RequireAuth`, and `useAuth()`. */
import { createComponent, createContext, createEffect, createMemo, createSignal, onCleanup, sharedConfig, startTransition, untrack, useContext, type JSX } from "solid-js";
import { authStore, type Auth, type AuthOptions, type AuthStore, type ClientSource } from "./auth.js";
import type { WicketgateError } from "./types.js";

export type { Auth, AuthOptions, ClientSource, LogoutOptions } from "./auth.js";

const Context = createContext<{ store: AuthStore; auth: Auth }>();

export interface AuthProviderProps extends AuthOptions {
  client: ClientSource;
  children?: JSX.Element;
  /** Shown at the redirect URI, until the page is at the place to which the login leads. */
  fallback?: JSX.Element;
}

/**
 * Creates the client, handles the callback, and goes on to the place where the login began, whether or not any component
 * follows the session. Put it around the router: a router that is not mounted yet cannot see the redirect URI.
 */
export function AuthProvider(props: AuthProviderProps): JSX.Element {
  // Read here, because `useNavigate()` must be called here.
  const { client, navigate, onReturn, login, home } = props;
  const store = authStore(client, { navigate, onReturn, login, home });
  // A transition that the router has begun must be on the screen before the session changes: a guard would otherwise see the
  // session at the page that the router is about to leave.
  store.shown = () => startTransition(() => {});
  const [snapshot, setSnapshot] = createSignal(store.snapshot());
  // The page takes over the HTML that a server has sent.
  const [isAtCallback, setAtCallback] = createSignal(!sharedConfig.context && store.isAtCallback());
  const update = () => {
    setAtCallback(store.isAtCallback());
    setSnapshot(() => store.snapshot());
  };
  onCleanup(store.subscribe(update));
  const auth: Auth = {
    ...store.initial,
    get status() {
      return snapshot().status;
    },
    get isSignedIn() {
      return snapshot().isSignedIn;
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
      return createMemo(() => (isAtCallback() ? props.fallback : props.children)) as unknown as JSX.Element;
    },
  });
}

function useBoth(): { store: AuthStore; auth: Auth } {
  const both = useContext(Context);
  if (!both) throw new Error("wicketgate/solid: there is no <AuthProvider> above this component.");
  return both;
}

/** The session, and the calls that change it. Its members are signals: write `auth.status`, do not destructure. */
export function useAuth(): Auth {
  return useBoth().auth;
}

export interface RequireAuthProps {
  children?: JSX.Element;
  /** Shown until the status is known, and while the page goes to the login. */
  fallback?: JSX.Element;
  /** Shown after a failed login; `again` begins another. Without it, the error is thrown to the nearest `ErrorBoundary`. */
  error?: JSX.Element | ((error: WicketgateError, again: () => void) => JSX.Element);
}

/**
 * Shows its children to signed-in users. Sends other users to the login, which leads back to the page where they were. Put it
 * around a page, or use it as the `component` of a route that has child routes.
 */
export function RequireAuth(props: RequireAuthProps): JSX.Element {
  const { store, auth } = useBoth();
  createEffect(() => {
    // By then, `error` holds the failure.
    if (auth.status !== "loading") store.require().catch(() => {});
  });
  const isIn = createMemo(() => auth.isSignedIn);
  const failure = createMemo(() => (auth.status === "loading" || isIn() ? undefined : auth.error));
  const failed = (error: WicketgateError): JSX.Element => {
    if (!("error" in props)) throw error;
    const shown = props.error;
    // A component that Solid's compiler made takes no argument.
    return typeof shown === "function" && shown.length ? shown(error, () => void auth.login().catch(() => {})) : (shown as JSX.Element);
  };
  return createMemo(() => {
    const error = failure();
    if (error) return untrack(() => failed(error));
    return isIn() ? props.children : props.fallback;
  }) as unknown as JSX.Element;
}
