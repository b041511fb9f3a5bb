/** The entry `wicketgate/vue`: `createAuth()` makes a plugin that is also a guard for Vue Router, and `useAuth()` follows it. */
import {
  computed,
  defineComponent,
  inject,
  onMounted,
  shallowRef,
  watch,
  type App,
  type Component,
  type ComputedRef,
  type InjectionKey,
  type ShallowRef,
  type SlotsType,
} from "vue";
import { authStore, RESPONSE, type Auth, type ClientSource, type RouterAuthOptions } from "./auth.js";
import { isOut } from "./guard.js";
import type { WicketgateError } from "./types.js";

export type { Auth, AuthOptions, ClientSource, LogoutOptions, RouterAuthOptions } from "./auth.js";

/** The part of Vue Router's router that `createAuth` uses. */
export interface AuthRouter {
  currentRoute: { value: AuthRoute };
  options: { history: { base: string } };
  beforeEach(guard: (to: AuthRoute) => Promise<boolean | string> | boolean | string): unknown;
  replace(path: string): unknown;
  addRoute?(route: { path: string; component: Component }): () => void;
  getRoutes?(): { path: string }[];
}

export interface AuthRoute {
  fullPath: string;
  meta: object;
}

export interface VueAuthOptions extends RouterAuthOptions {
  /**
   * The adapter guards its routes with `meta: { requiresAuth: true }`, and navigates by it to the place where a login began.
   */
  router?: AuthRouter;
  /** The path of a route that needs no login and shows `error`: guards lead there after a failed login. Default: `/`. */
  errorPage?: string | undefined;
}

export interface VueAuth {
  install(app: App): void;
  /**
   * For a guard of your own: resolves with true when a user is signed in, and with `errorPage` after a failed login. Otherwise
   * it goes to the login and does not resolve. It rejects if `errorPage` is the guarded page.
   */
  guard(to: AuthRoute): Promise<true | string>;
}

/** The members of `useAuth()`: refs and functions. */
export type AuthRefs = {
  [Name in keyof Auth]: Auth[Name] extends (...args: never[]) => unknown ? Auth[Name] : Readonly<ComputedRef<Auth[Name]>>;
};

const Key: InjectionKey<{ auth: AuthRefs; require: () => Promise<void> }> = Symbol("wicketgate");

/** Install it before `app.use(router)`, which begins the first navigation. */
export function createAuth(client: ClientSource, { router, errorPage = "/", ...options }: VueAuthOptions = {}): VueAuth {
  const paths = router && pathsOf(router);
  const own = paths && {
    navigate: (path: string) => router.replace(paths.toRoute(path)),
    ...options,
    // Computed only on demand: at the redirect URI, the address does not yet show the app's path if the router uses the
    // fragment.
    get home() {
      return options.home ?? paths.toPage("/");
    },
    get errorPage() {
      return paths.toPage(errorPage);
    },
  };
  const store = authStore(client, own ?? { errorPage, ...options });
  const guard = async (to: AuthRoute): Promise<true | string> => {
    try {
      await store.require(paths?.toPage(to.fullPath));
      return true;
    } catch (reason) {
      if (!store.snapshot().error || to.fullPath === errorPage) throw reason;
      return errorPage;
    }
  };
  router?.beforeEach((to) => !isGuarded(to) || guard(to));
  if (router && store.isAtCallback()) awaitReturn(router);
  return {
    guard,
    install(app) {
      const auth = shallowRef(store.snapshot());
      const update = () => {
        auth.value = store.snapshot();
        // The session has ended at a guarded page while nobody navigates.
        if (!isOut(auth.value) || !router || !isGuarded(router.currentRoute.value)) return;
        // By then, `error` holds the failure.
        guard(router.currentRoute.value).then((to) => to === true || router.replace(to), () => {});
      };
      app.onUnmount(store.subscribe(update));
      app.provide(Key, { auth: refs(auth, store.initial), require: () => store.require() });
    },
  };
}

const isGuarded = ({ meta }: AuthRoute) => "requiresAuth" in meta && Boolean(meta.requiresAuth);

/** Converts paths: a router's paths are below its base, or in the fragment; a login's paths are of the origin. */
function pathsOf({ options }: AuthRouter): { toRoute(path: string): string; toPage(path: string): string } {
  const { base } = options.history;
  if (!base.includes("#")) {
    return {
      toRoute: (path) => (path.startsWith(base) ? path.slice(base.length) || "/" : path),
      toPage: (path) => base + path,
    };
  }
  return {
    toRoute(path) {
      // The router writes the fragment and does not change the rest of the address.
      history.replaceState(history.state, "", path);
      return location.hash.slice(1) || "/";
    },
    toPage: (path) => `${RESPONSE.test(location.search) ? "/" : location.pathname + location.search}#${path}`,
  };
}

/** For a page without a route, the router prints a warning that contains the address with its code. */
function awaitReturn(router: AuthRouter): void {
  if (!router.addRoute || !router.getRoutes || router.options.history.base.includes("#")) return;
  const path = pathsOf(router).toRoute(location.pathname);
  if (router.getRoutes().every((route) => route.path !== path)) router.addRoute({ path, component: { render: () => null } });
}

function refs(auth: ShallowRef<Auth>, { status, isSignedIn, session, error, client, ...functions }: Auth): AuthRefs {
  return {
    ...functions,
    status: computed(() => auth.value.status),
    isSignedIn: computed(() => auth.value.isSignedIn),
    session: computed(() => auth.value.session),
    error: computed(() => auth.value.error),
    client: computed(() => auth.value.client),
  };
}

function useBoth() {
  const both = inject(Key);
  if (!both) throw new Error("wicketgate/vue: no app.use(createAuth(…)) for this component.");
  return both;
}

/** The session, and the calls that change it. Call it in `setup()`. */
export function useAuth(): AuthRefs {
  return useBoth().auth;
}

/**
 * Shows its default slot to signed-in users. Sends other users to the login, which leads back to the page where they were. The
 * slot `fallback` is shown until the status is known; the slot `error`, with `error` and `again()`, after a failed login.
 * Without that slot, the error is thrown to the nearest `onErrorCaptured`. For pages that the router does not guard.
 */
export const RequireAuth = defineComponent({
  name: "RequireAuth",
  slots: Object as SlotsType<{ default?: object; fallback?: object; error?: { error: WicketgateError; again: () => void } }>,
  setup(_, { slots }) {
    const { auth, require } = useBoth();
    const { status, isSignedIn, error, login } = auth;
    // By then, `error` holds the failure. A server has nobody to log in.
    onMounted(() => watch([status, error], () => void (status.value === "loading" || require().catch(() => {})), { immediate: true }));
    return () => {
      if (isSignedIn.value) return slots.default?.({});
      if (!error.value || status.value === "loading") return slots.fallback?.({});
      if (!slots.error) throw error.value;
      return slots.error({ error: error.value, again: () => void login().catch(() => {}) });
    };
  },
});
