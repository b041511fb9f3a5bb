/** The entry `wicketgate/vue`: `createAuth()` makes a plugin that is also a guard for Vue Router, and `useAuth()` follows it. */
import { computed, inject, shallowRef, type App, type ComputedRef, type InjectionKey, type ShallowRef } from "vue";
import { authStore, type Auth, type AuthOptions, type ClientSource } from "./auth.js";

export type { Auth, AuthOptions, ClientSource, LogoutOptions } from "./auth.js";

/** What `createAuth` needs of Vue Router's router. */
export interface AuthRouter {
  currentRoute: { value: AuthRoute };
  options: { history: { base: string } };
  beforeEach(guard: (to: AuthRoute) => Promise<boolean> | boolean): unknown;
  replace(path: string): unknown;
}

export interface AuthRoute {
  fullPath: string;
  meta: object;
}

export interface VueAuthOptions extends AuthOptions {
  /** Its routes with `meta: { requiresAuth: true }` are guarded, and it goes on to where a login was begun. */
  router?: AuthRouter;
}

export interface VueAuth {
  install(app: App): void;
  /** For a guard of one's own: true when somebody is signed in; otherwise it goes to the login and does not resolve. */
  guard(to: AuthRoute): Promise<boolean>;
}

/** What `useAuth()` gives: refs, and functions. */
export type AuthRefs = {
  [Name in keyof Auth]: Auth[Name] extends (...args: never[]) => unknown ? Auth[Name] : Readonly<ComputedRef<Auth[Name]>>;
};

const Key: InjectionKey<AuthRefs> = Symbol("wicketgate");

/** Before `app.use(router)`, which begins the first navigation. */
export function createAuth(client: ClientSource, { router, ...options }: VueAuthOptions = {}): VueAuth {
  const base = router?.options.history.base ?? "";
  const navigate = (path: string) => router?.replace(path.startsWith(base) ? path.slice(base.length) || "/" : path);
  const store = authStore(client, { ...(router && { navigate }), ...options });
  const guard = (to: AuthRoute) => store.require(base + to.fullPath).then(() => true);
  router?.beforeEach((to) => !isGuarded(to) || guard(to));
  return {
    guard,
    install(app) {
      const auth = shallowRef(store.snapshot());
      const update = () => {
        auth.value = store.snapshot();
        // The session has ended at a guarded page, and nobody navigates.
        if (auth.value.status !== "signed-out" || !router || !isGuarded(router.currentRoute.value)) return;
        guard(router.currentRoute.value).catch(() => {}); // It is in `error` by then.
      };
      app.onUnmount(store.subscribe(update));
      app.provide(Key, refs(auth, store.initial));
    },
  };
}

const isGuarded = ({ meta }: AuthRoute) => "requiresAuth" in meta && Boolean(meta.requiresAuth);

function refs(auth: ShallowRef<Auth>, { status, session, error, client, ...functions }: Auth): AuthRefs {
  return {
    ...functions,
    status: computed(() => auth.value.status),
    session: computed(() => auth.value.session),
    error: computed(() => auth.value.error),
    client: computed(() => auth.value.client),
  };
}

/** The session, and what to do about it. For `setup()`. */
export function useAuth(): AuthRefs {
  const auth = inject(Key);
  if (!auth) throw new Error("wicketgate/vue: no app.use(createAuth(…)) for this component.");
  return auth;
}
