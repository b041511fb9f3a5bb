/**
 * The decisions that a page makes before it loads the module: whether the module has anything to do, and when to load it. This
 * code looks only at names, and may answer yes where the module then finds nothing.
 */
import type { ClientConfig } from "./types.js";

/** Whether `url` may carry an authorization response: it has a parameter with such a name, or with an encoded name. */
export const mayBeResponse = (url: string): boolean => /[?#&](code|(wicketgate_)?error|[^=&#]*%[^=&#]*)([=&#]|$)/.test(url);

/** Whether this page may be the return of a login or logout that an earlier page began, or whether a session was kept. */
export function isSomethingToDo(config: ClientConfig): boolean {
  return (
    mayBeResponse(location.href) ||
    // Only the backend knows whether there is a session.
    config?.backend?.sessionUrl !== undefined ||
    isSessionKept(config) ||
    // The page may be the return of a logout, whose state the module checks and removes from the URL.
    (/[?&]state=/.test(location.href) && keys("sessionStorage").includes("wicketgate.logout"))
  );
}

/** Whether the configured store contains a session. Only the module can tell from the name whose session it is. */
function isSessionKept(config: ClientConfig): boolean {
  const { backend, tokenStore } = config ?? {};
  if (backend || tokenStore === "memory") return false;
  return keys(tokenStore === "local" ? "localStorage" : "sessionStorage").some((key) => key.startsWith("wicketgate.session."));
}

function keys(store: "localStorage" | "sessionStorage"): string[] {
  try {
    return Object.keys(window[store]);
  } catch {
    // If the browser denies access to the store, nothing can be kept in it.
    return [];
  }
}

/**
 * Calls `look` whenever another page, or an earlier page of this tab, may have changed the stores, and when the network is back,
 * until `signal` is aborted.
 */
export function whenStoresMayDiffer(look: () => void, signal: AbortSignal): void {
  for (const event of ["storage", "online", "pageshow", "visibilitychange", "prerenderingchange"]) addEventListener(event, look, { signal });
}

/** Calls `work` when the page is idle. */
export function whenIdle(work: () => void): void {
  // WebKit does not offer this event.
  if ("requestIdleCallback" in window) requestIdleCallback(work);
  else setTimeout(work, 500);
}

/**
 * Whether the page is prerendered: nobody sees it yet, and perhaps nobody ever will. It must not use up a code or a token, or
 * navigate.
 */
export const isPrerendered = (): boolean => !!(document as { prerendering?: boolean }).prerendering;

/** Resolves when the user sees the page. */
export async function shown(): Promise<void> {
  if (isPrerendered()) await new Promise((resolve) => document.addEventListener("prerenderingchange", resolve, { once: true }));
}

/** Every issuer that the module accepts, and some more. */
const ISSUER = /^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1)(?=[:/]|$))[^?#@\s\\]*$/;

/** A request that is sent before the module is loaded: its URL, its answer, and the function that aborts it. */
export type Ahead = [url: string, answer: Promise<Response>, abort: () => void];

/**
 * Requests the server's metadata at the URL that the module tries first, while the module is loading: both take about as long.
 * The module checks the configuration. If it then requests the same URL, it takes this answer; if it requests another one,
 * nobody takes this answer.
 */
export function askAhead(config: ClientConfig): Ahead | undefined {
  const { issuer, metadata, backend } = config ?? {};
  // A page that handles an answer to a login uses the metadata that the tab has kept.
  if (typeof issuer !== "string" || !ISSUER.test(issuer) || metadata || backend?.loginUrl || /\bstate=/.test(location.href)) return;
  const url = issuer.replace(/\/$/, "") + "/.well-known/openid-configuration";
  const controller = new AbortController();
  // The same options as in `request` of src/browser/page.js.
  const answer = fetch(url, {
    headers: { accept: "application/json" },
    credentials: "omit",
    redirect: "error",
    cache: "no-store",
    referrerPolicy: "no-referrer",
    signal: controller.signal,
  });
  // The module that takes the promise handles its rejection, too.
  answer.catch(() => {});
  return [url, answer, () => controller.abort()];
}
