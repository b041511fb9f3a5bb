/** The page in which a test runs: its `fetch`, and the navigation that simulated pages lack. */
import type { ProviderRequest, ProviderResponse } from "./messages.js";

/** A provider, as the page sees it. */
export interface Site {
  readonly origin: string;
  respond(request: ProviderRequest): Promise<ProviderResponse | undefined>;
  /** The page would navigate to this URL. */
  leave(url: string): void;
}

const sites = new Set<Site>();
let undo: (() => void)[] = [];
let isStaying = false;

export function install(site: Site): void {
  if (sites.size === 0) undo = [replaceFetch(), replaceLocation()];
  sites.add(site);
}

export function restore(site: Site): void {
  if (sites.delete(site) && sites.size === 0) for (const step of undo) step();
}

/** Whether this page reports its navigations instead of performing them. */
export function staysHere(site: Site): boolean {
  return sites.has(site) && isStaying;
}

function siteOf(url: string): Site | undefined {
  const origin = URL.canParse(url) ? new URL(url).origin : undefined;
  return [...sites].find((site) => site.origin === origin);
}

function replaceFetch(): () => void {
  const before = globalThis.fetch;
  const replacement: typeof fetch = async (input, init) => {
    const request = typeof input === "object" && "url" in input ? input : undefined;
    const url = request?.url ?? String(input);
    const site = siteOf(url);
    return site ? fetchFrom(site, url, { ...(request && (await membersOf(request))), ...init }) : before(input, init);
  };
  globalThis.fetch = replacement;
  return () => {
    // If other code has replaced it since, that replacement stays.
    if (globalThis.fetch === replacement) globalThis.fetch = before;
  };
}

async function membersOf(request: Request): Promise<RequestInit> {
  const { method, headers, signal } = request;
  return { method, headers, signal, ...(request.body && { body: await request.text() }) };
}

async function fetchFrom(site: Site, url: string, init: RequestInit): Promise<Response> {
  const headers = Object.fromEntries(new Headers(init.headers));
  const origin = pageOrigin();
  const isForeign = origin !== undefined && origin !== site.origin;
  if (isForeign) headers["origin"] = origin;
  if (init.body !== undefined && init.body !== null) headers["content-type"] ??= "text/plain;charset=UTF-8";
  const request = { method: init.method ?? "GET", url, headers, body: String(init.body ?? "") };
  const answer = await unlessAborted(site.respond(request), init.signal);
  const allowed = answer?.headers["access-control-allow-origin"];
  const isReadable = !isForeign || allowed === "*" || allowed === origin;
  const isRedirect = answer !== undefined && answer.status >= 300 && answer.status < 400;
  // A browser reports all these cases in the same way.
  if (!answer || !isReadable || isRedirect) throw new TypeError("Failed to fetch");
  return new Response(answer.status === 204 ? null : answer.body, { status: answer.status, headers: answer.headers });
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject);
  });
}

/** The origin of the page, if there is one; a simulated page without an address has none. */
export function pageOrigin(): string | undefined {
  const origin = typeof location === "undefined" ? undefined : location.origin;
  return origin === "null" ? undefined : origin;
}

/**
 * A simulated page cannot navigate. There, and only there, `location` can be replaced by an object that reports the navigation.
 */
function replaceLocation(): () => void {
  const before = Object.getOwnPropertyDescriptor(globalThis, "location");
  if (!before?.configurable) return () => {};
  const real = globalThis.location;
  const leave = (url: unknown) => {
    const site = siteOf(String(url));
    site?.leave(String(url));
    return site !== undefined;
  };
  const replacement = new Proxy({} as Location, {
    get(_, name) {
      const value: unknown = Reflect.get(real, name);
      if (typeof value !== "function") return value;
      const method = value.bind(real);
      return name === "assign" || name === "replace" ? (url: unknown) => void (leave(url) || method(url)) : method;
    },
    set: (_, name, value) => (name === "href" && leave(value)) || Reflect.set(real, name, value),
  });
  // Settable, as in a real page: `location = url`.
  const set = (url: unknown) => void (leave(url) || (real.href = String(url)));
  isStaying = true;
  const get = () => replacement;
  Object.defineProperty(globalThis, "location", { configurable: true, enumerable: true, get, set });
  const isOurs = () => Object.getOwnPropertyDescriptor(globalThis, "location")?.get === get;
  return () => {
    isStaying = false;
    // If other code has replaced it since, that replacement stays.
    if (isOurs()) Object.defineProperty(globalThis, "location", before);
  };
}
