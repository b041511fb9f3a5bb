/** The entry `wicketgate/svelte`: `createAuth()` is a store, has getters for runes, and guards what SvelteKit loads. */
import { createSubscriber } from "svelte/reactivity";
import { authStore, type Auth, type AuthOptions, type ClientSource } from "./auth.js";

export type { Auth, AuthOptions, ClientSource, LogoutOptions } from "./auth.js";

/** Its members follow the session wherever runes do, in templates, `$derived` and `$effect`; `$auth` does everywhere. */
export interface SvelteAuth extends Auth {
  /** As a store's. */
  subscribe(run: (auth: Auth) => void): () => void;
  /** As a `load`, or in one: goes on when somebody is signed in; otherwise it goes to the login and does not resolve. */
  guard(event: { url: URL }): Promise<void>;
}

export function createAuth(client: ClientSource, options?: AuthOptions): SvelteAuth {
  const store = authStore(client, options);
  const follow = createSubscriber((update) => store.subscribe(update));
  const now = () => (follow(), store.snapshot());
  /** Paths of pages that were guarded. A session may end while one of them is shown, and then nothing is loaded. */
  const guarded = new Set<string>();
  let watch: unknown;
  const look = () => {
    if (store.snapshot().status !== "signed-out" || !guarded.has(location.pathname)) return;
    store.require().catch(() => {}); // It is in `error` by then.
  };
  return {
    ...store.initial,
    get status() {
      return now().status;
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
    async guard({ url: { pathname, search } }) {
      // SvelteKit keeps the fragment to itself; at the page's first load it is in the address.
      const hash = typeof location !== "undefined" && location.pathname === pathname ? location.hash : "";
      await store.require(pathname + search + hash);
      guarded.add(pathname);
      watch ??= store.subscribe(look);
    },
  };
}
