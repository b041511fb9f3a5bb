/** The entry `wicketgate/svelte`: `createAuth()` is a store, has getters for runes, and guards SvelteKit's `load` functions. */
import { createSubscriber } from "svelte/reactivity";
import { authStore, type Auth, type ClientSource, type RouterAuthOptions } from "./auth.js";
import { isOut } from "./guard.js";

export type { Auth, AuthOptions, ClientSource, LogoutOptions, RouterAuthOptions } from "./auth.js";

/** Its members follow the session wherever runes work: in templates, `$derived` and `$effect`. `$auth` works everywhere. */
export interface SvelteAuth extends Auth {
  /** A store's `subscribe`. */
  subscribe(run: (auth: Auth) => void): () => void;
  /**
   * Use it as a `load` function, or call it in one. It resolves when a user is signed in. Otherwise it goes to the login, or
   * after a failed login to `errorPage`, and does not resolve. It rejects if `errorPage` is the guarded page.
   */
  guard(event: { url: URL }): Promise<void>;
}

/** In a browser, it creates the client and handles the callback, whether or not any component follows the session. */
export function createAuth(client: ClientSource, options: RouterAuthOptions = {}): SvelteAuth {
  const { navigate } = options;
  const goTo: typeof navigate = navigate && ((path, how) => {
    // A router in the fragment takes another path for another app, and loads it.
    if (routeOf(new URL(path, location.href)).startsWith("#")) history.replaceState(history.state, "", path);
    return navigate(path, how);
  });
  const store = authStore(client, { ...options, navigate: goTo });
  const follow = createSubscriber((update) => store.subscribe(update));
  const now = () => (follow(), store.snapshot());
  /** The routes of guarded pages. A session may end while one of them is shown, and SvelteKit then calls no `load` function. */
  const guarded = new Set<string>();
  let watch: unknown;
  const look = () => {
    if (!isOut(store.snapshot()) || !guarded.has(routeOf(location))) return;
    store.require().catch(() => {}); // By then, `error` holds the failure.
  };
  if (typeof window !== "undefined") whenMounted(() => void store.ready());
  return {
    ...store.initial,
    get status() {
      return now().status;
    },
    get isSignedIn() {
      return now().isSignedIn;
    },
    get session() {
      return now().session;
    },
    get error() {
      return now().error;
    },
    get client() {
      return now().client;
    },
    subscribe(run) {
      run(store.snapshot());
      return store.subscribe(() => run(store.snapshot()));
    },
    async guard({ url }) {
      const { pathname, search } = url;
      const hash = typeof location === "undefined" ? "" : fragmentOf(url) || (location.pathname === pathname ? location.hash : "");
      try {
        await store.require(pathname + search + hash);
      } catch (reason) {
        if (!store.snapshot().error) throw reason;
        const to = store.errorPage();
        if (routeOf({ pathname, hash }) === routeOf(new URL(to, location.href))) throw reason;
        await store.navigate(to);
        await new Promise(() => {});
      }
      guarded.add(routeOf({ pathname, hash }));
      watch ??= store.subscribe(look);
    },
  };
}

/** SvelteKit hides the fragment, unless its routes are there. At the page's first load, the fragment stands in the address. */
function fragmentOf(url: URL): string {
  try {
    return url.hash;
  } catch {
    return "";
  }
}

/** The part of a URL that identifies a page of the app: the path, or the fragment if the router uses it. */
function routeOf({ pathname, hash }: { pathname: string; hash: string }): string {
  return hash.startsWith("#/") ? hash.replace(/\?.*/, "") : pathname;
}

/** Waits for SvelteKit to mount the page: until then, SvelteKit restores the address that it has read. */
function whenMounted(work: () => void): void {
  const observer = new window.MutationObserver(() => (observer.disconnect(), work()));
  observer.observe(document.body, { childList: true, subtree: true });
}
