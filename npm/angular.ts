/** The entry `wicketgate/angular`: `provideAuth()`, `AuthService`, `authGuard`, and `authInterceptor`. No decorators, so nothing to compile. */
import { Location } from "@angular/common";
import {
  HttpContextToken,
  HttpErrorResponse,
  HttpEventType,
  HttpHeaders,
  HttpResponse,
  type HttpInterceptorFn,
  type HttpRequest,
} from "@angular/common/http";
import {
  computed,
  DestroyRef,
  inject,
  InjectionToken,
  Injector,
  makeEnvironmentProviders,
  provideAppInitializer,
  signal,
  type EnvironmentProviders,
  type Signal,
} from "@angular/core";
import {
  NavigationCancel,
  NavigationEnd,
  NavigationError,
  NavigationSkipped,
  Router,
  type ActivatedRouteSnapshot,
  type CanActivateFn,
} from "@angular/router";
import { filter, firstValueFrom, Observable, type Subscription } from "rxjs";
import { authStore, type Auth, type AuthStore, type ClientSource, type RouterAuthOptions } from "./auth.js";
import { isOut } from "./guard.js";
import type { Client } from "./types.js";

export type { Auth, ClientSource, LogoutOptions, RouterAuthOptions } from "./auth.js";

/** `errorPage` is a path of the router. */
export type AngularAuthOptions = RouterAuthOptions;

/** The members of `AuthService`: signals and functions. */
export type AuthSignals = { readonly [Name in keyof Auth]: Auth[Name] extends (...args: never[]) => unknown ? Auth[Name] : Signal<Auth[Name]> };

/** The session, and the calls that change it: `inject(AuthService)`. */
export abstract class AuthService implements AuthSignals {
  abstract readonly status: Signal<Auth["status"]>;
  abstract readonly isSignedIn: Signal<boolean>;
  abstract readonly session: Signal<Auth["session"]>;
  abstract readonly error: Signal<Auth["error"]>;
  abstract readonly client: Signal<Auth["client"]>;
  abstract readonly login: Auth["login"];
  abstract readonly logout: Auth["logout"];
  abstract readonly revoke: Auth["revoke"];
  abstract readonly accessToken: Auth["accessToken"];
  abstract readonly userInfo: Auth["userInfo"];
}

const Store = new InjectionToken<AuthStore>("wicketgate");
const ErrorPage = new InjectionToken<string>("wicketgate error page");

/**
 * Add it to the providers of the app. At the redirect URI, the app starts only after the page has gone to the place to which
 * the login leads, so its router never sees the address that contains the code.
 */
export function provideAuth(client: ClientSource, { errorPage = "/", ...options }: AngularAuthOptions = {}): EnvironmentProviders {
  return makeEnvironmentProviders([
    { provide: ErrorPage, useValue: errorPage },
    {
      provide: Store,
      useFactory: () => {
        const toPage = pageOf(inject(Location));
        const store = authStore(client, { ...options, errorPage: typeof document === "undefined" ? errorPage : toPage(errorPage) });
        store.shown = hasArrived(inject(Injector));
        return store;
      },
    },
    { provide: AuthService, useFactory: () => signalsOf(inject(Store)) },
    provideAppInitializer(() => {
      const store = inject(Store);
      const injector = inject(Injector);
      inject(DestroyRef).onDestroy(store.subscribe(() => returnToGuard(store, injector)));
      return store.isAtCallback() ? store.ready() : undefined;
    }),
  ]);
}

function signalsOf(store: AuthStore): AuthService {
  const auth = signal(store.snapshot());
  inject(DestroyRef).onDestroy(store.subscribe(() => auth.set(store.snapshot())));
  const { status, isSignedIn, session, error, client, ...functions } = store.initial;
  return {
    ...functions,
    status: computed(() => auth().status),
    isSignedIn: computed(() => auth().isSignedIn),
    session: computed(() => auth().session),
    error: computed(() => auth().error),
    client: computed(() => auth().client),
  };
}

/**
 * For `canActivate`: lets signed-in users pass. Sends other users to the login, which leads back to the page that they wanted;
 * after a failed login, sends them to `errorPage`.
 */
export const authGuard: CanActivateFn = async (_, { url }) => {
  const [store, router, errorPage, toPage] = [inject(Store), inject(Router), inject(ErrorPage), pageOf(inject(Location))];
  try {
    await store.require(toPage(url));
    return true;
  } catch (reason) {
    if (!store.snapshot().error || url === errorPage) throw reason;
    return router.parseUrl(errorPage);
  }
};

/** For a session that ends at a guarded page while nobody navigates: asks the guard again. */
function returnToGuard(store: AuthStore, injector: Injector): void {
  if (!isOut(store.snapshot())) return;
  const router = injector.get(Router);
  if (!router.navigated || !isGuarded(router.routerState.snapshot.root)) return;
  store.require().catch(() => {}); // By then, `error` holds the failure.
}

function isGuarded({ routeConfig, children }: ActivatedRouteSnapshot): boolean {
  const { canActivate = [], canActivateChild = [] } = routeConfig ?? {};
  return [...canActivate, ...canActivateChild].includes(authGuard) || children.some(isGuarded);
}

/** Converts a path of the router to a path of this origin: below the router's base, or in the fragment. */
function pageOf(location: Location): (path: string) => string {
  return (path) => {
    const { pathname, search, hash } = new URL(location.prepareExternalUrl(path), document.baseURI);
    return pathname + search + hash;
  };
}

/** Resolves when the router shows the page at the address. The router begins in a task of its own. */
function hasArrived(injector: Injector): () => Promise<unknown> {
  return async () => {
    const router = injector.get(Router);
    if (!router.navigated) return;
    await new Promise((resolve) => setTimeout(resolve));
    if (router.getCurrentNavigation()) await firstValueFrom(router.events.pipe(filter(isOver)), { defaultValue: undefined });
  };
}

const isOver = (event: object) => [NavigationEnd, NavigationCancel, NavigationError, NavigationSkipped].some((kind) => event instanceof kind);

/**
 * `new HttpContext().set(withoutAuth, true)`: for a request on which the creation of the client itself depends, such as a
 * request for its configuration.
 */
export const withoutAuth = new HttpContextToken(() => false);

/**
 * Sends requests to `allowedOrigins` through `client.fetch`: with the access token, which the client renews when it has
 * expired. Leaves every other request as it is, and every request while nobody is signed in. There are no progress events.
 */
export const authInterceptor: HttpInterceptorFn = (request, next) => {
  if (request.context.get(withoutAuth) || request.headers.has("authorization")) return next(request);
  const store = inject(Store);
  return new Observable((subscriber) => {
    const abort = new AbortController();
    let onward: Subscription | undefined;
    const pass = () => void (onward = next(request).subscribe(subscriber));
    clientOf(store)
      .then(async (client) => {
        if (!client || isOut(client.session())) return pass();
        const response = await client.fetch(new URL(request.urlWithParams, document.baseURI), initOf(request, abort.signal));
        subscriber.next({ type: HttpEventType.Sent });
        subscriber.next(await answerOf(request, response));
        subscriber.complete();
      })
      .catch((reason) => {
        if (abort.signal.aborted) return;
        if (codeOf(reason) === "origin_not_allowed") pass();
        else subscriber.error(reason instanceof TypeError ? unreachable(request, reason) : reason);
      });
    return () => {
      abort.abort();
      onward?.unsubscribe();
    };
  });
};

const codeOf = (reason: unknown) => (reason as { code?: unknown } | undefined)?.code;

async function clientOf(store: AuthStore): Promise<Client | undefined> {
  if (!store.snapshot().client) await store.ready();
  return store.snapshot().client;
}

/** The same header fields and options that Angular's own backend sends. */
function initOf(request: HttpRequest<unknown>, signal: AbortSignal): RequestInit {
  const headers = new Headers();
  for (const name of request.headers.keys()) for (const value of request.headers.getAll(name) ?? []) headers.append(name, value);
  if (!headers.has("accept")) headers.set("accept", "application/json, text/plain, */*");
  const contentType = request.detectContentTypeHeader();
  if (contentType !== null && !headers.has("content-type")) headers.set("content-type", contentType);
  const { method, withCredentials, credentials, cache, mode, redirect, keepalive, integrity, referrer, priority, timeout } = request as HttpRequest<unknown> &
    RequestInit & { timeout?: number };
  const given = { cache, mode, redirect, keepalive, integrity, referrer, priority, credentials: withCredentials ? "include" : credentials };
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    method,
    headers,
    body: request.serializeBody() as BodyInit | null,
    signal: timeout ? AbortSignal.any([signal, AbortSignal.timeout(timeout)]) : signal,
  };
}

async function answerOf(request: HttpRequest<unknown>, response: Response): Promise<HttpResponse<unknown>> {
  const { status, statusText, ok, url } = response;
  const answer = { headers: new HttpHeaders(response.headers), status, statusText, url: url || request.urlWithParams };
  const [body, isRight] = await bodyOf(request.responseType, response);
  if (ok && isRight) return new HttpResponse({ ...answer, body });
  throw new HttpErrorResponse({ ...answer, error: body });
}

/** The body, and whether it has the requested type. If it does not, the body is the text, as in Angular. */
async function bodyOf(type: string, response: Response): Promise<[unknown, boolean]> {
  if (type === "blob") return [await response.blob(), true];
  if (type === "arraybuffer") return [await response.arrayBuffer(), true];
  const text = await response.text();
  if (type === "text") return [text, true];
  try {
    // Servers put this prefix in front so that no script can read the answer.
    return [text === "" ? null : JSON.parse(text.replace(/^\)\]\}',?\n/, "")), true];
  } catch (error) {
    return [response.ok ? { error, text } : text, false];
  }
}

const unreachable = ({ urlWithParams: url }: HttpRequest<unknown>, error: TypeError) =>
  new HttpErrorResponse({ error, status: 0, statusText: "Unknown Error", url });
