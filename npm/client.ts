/**
 * The wrapper around the module: loads it once, gives its calls their names and types, and sees to it that
 * no call hangs when the module has ended. It decides nothing.
 */
import { askAhead } from "./generated/page.js";
import { ask, connect, onFault, run, subscribe, unsubscribe } from "./generated/wicketgate.js";
import { isWicketgateError, wicketgateError } from "./errors.js";
import { abortable, fetchWithToken, type Tokens } from "./fetch.js";
import type { Client, ClientConfig, LoginResult, Session, Wicketgate, WicketgateError } from "./types.js";

/** The module's calls, by the numbers that `src/js.rs` gives them. */
const enum Ask { Metadata, AuthorizationUrl, IsCallback, KnownCallback, Session, LogoutState, StepUp }
const enum Run { BeginLogin, HandleCallback, Logout, AccessToken, UserInfo, Revoke, TokenFor, TokenAfter }

/** The promise of the one module of this page, and what ended it. */
let loading: Promise<void> | undefined;
let fault: WicketgateError | undefined;

/** How to reject each call that has not settled. */
const pending = new Set<(reason: unknown) => void>();

/** After a trap the module's memory is not to be trusted: every call ends, now and later. */
function end(): WicketgateError {
  fault ??= wicketgateError(
    "unsupported_environment",
    "The module ended by an internal fault and must be loaded anew.",
    "Reload the page; if it happens again, report it with the steps that lead to it.",
  );
  for (const reject of pending) reject(fault);
  pending.clear();
  return fault;
}

/** A real `Error` of the module's JSON text: it has a stack, and is an `instanceof Error`. */
function failure(text: string): WicketgateError {
  const { message, ...members } = JSON.parse(text);
  return Object.assign(new Error(message), members);
}

/** Calls the module. What it throws is the text of an error, or its end. */
function call<T>(work: () => T): T {
  if (fault) throw fault;
  try {
    return work();
  } catch (error) {
    throw typeof error === "string" ? failure(error) : end();
  }
}

/** Calls the module for a promise that settles whatever becomes of the module. */
function promised<T>(begin: (settle: (isRight: boolean, value: any) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    pending.add(reject);
    call(() =>
      begin((isRight, value) => {
        pending.delete(reject);
        isRight ? resolve(value) : reject(failure(value));
      }),
    );
  });
}

/** Options as the module reads them. What is no JSON becomes `null`, so that it is refused and not dropped. */
function text(options: unknown): string {
  const json = (_: string, value: unknown) =>
    typeof value === "function" || typeof value === "symbol" || typeof value === "bigint" ? null : value;
  try {
    return JSON.stringify(options, json) ?? "";
  } catch {
    return "";
  }
}

const aborted = () => wicketgateError("aborted", "The call was aborted.", "Call again when the answer is wanted.", true);

const href = (url?: string | URL) => (url === undefined ? undefined : String(url));

/** What the module takes for an issuer, and some more. */
const ISSUER = /^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1)(?=[:/]|$))[^?#@\s\\]*$/;

/**
 * Asks for the server's metadata where the module will look for them first, while it is loading: both take about as long.
 * It decides nothing by that. The module checks the configuration and asks the same, and takes the answer that is there;
 * or it asks something else, and nobody takes it.
 */
function discoverAhead(config: ClientConfig): (() => void) | undefined {
  const { issuer, metadata } = config ?? {};
  // A page with an answer to a login has what the tab remembers.
  if (typeof issuer === "string" && ISSUER.test(issuer) && !metadata && !/\bstate=/.test(location.href)) {
    return askAhead(issuer.replace(/\/$/, "") + "/.well-known/openid-configuration");
  }
}

/** The public functions, over a module that `instantiate` loads. */
export function wicketgate(instantiate: () => Promise<unknown>): Wicketgate {
  async function load(): Promise<void> {
    loading ??= instantiate().then(() => onFault(end));
    try {
      await loading;
    } catch (reason) {
      loading = undefined;
      throw isWicketgateError(reason)
        ? reason
        : wicketgateError(
            "wasm_blocked",
            "The browser did not load the WebAssembly module.",
            "Add 'wasm-unsafe-eval' to script-src in the page's Content-Security-Policy; where it is there, see that the script is served as UTF-8.",
          );
    }
  }

  async function createClient(config: ClientConfig): Promise<Client> {
    if (typeof window === "undefined" || typeof WebAssembly === "undefined") {
      throw wicketgateError(
        "unsupported_environment",
        "This needs a window and WebAssembly, which are not available.",
        "Call it in the browser only, after the page has mounted.",
      );
    }
    const stop = loading ? undefined : discoverAhead(config);
    try {
      await load();
      return client(await promised<number>((settle) => connect(text(config), settle)));
    } finally {
      stop?.();
    }
  }

  return {
    createClient,
    async beginLogin(config, options) {
      return (await createClient(config)).beginLogin(options);
    },
    async handleCallback(config, url) {
      // The page's URL as it is now: by the time the module is there, another call may have cleaned it.
      const callbackUrl = url ?? (typeof location === "undefined" ? undefined : location.href);
      return (await createClient(config)).handleCallback(callbackUrl);
    },
  };
}

/** What cannot be changed under those who hold it. */
function snapshot(text: string): Session {
  const session: Session = JSON.parse(text);
  Object.freeze(session.claims);
  return Object.freeze(session);
}

/** The client of this number. */
function client(core: number): Client {
  const now = (what: Ask, input?: string) => call(() => ask(core, what, input));
  const later = <T>(what: Run, input?: string) => promised<T>((settle) => run(core, what, input, settle));
  const tokens: Tokens = {
    for: (url) => later(Run.TokenFor, url),
    after: (refusal) => later(Run.TokenAfter, text(refusal)),
  };

  /** The latest session, and the text that it was made of: the same object until something changes. */
  let latest: Session;
  let latestText: string | undefined;
  function session(): Session {
    const text = now(Ask.Session);
    if (text !== latestText) latest = snapshot((latestText = text));
    return latest;
  }

  /** The promises of `handleCallback`, by the numbers of the callbacks, none of which is used twice. */
  const callbacks = new Map<number, Promise<LoginResult>>();
  function handleCallback(url?: string): Promise<LoginResult> {
    const known = () => now(Ask.KnownCallback, url);
    const promise =
      callbacks.get(known()) ??
      later<string>(Run.HandleCallback, url).then((lines) => {
        const [result, begun] = lines.split("\n") as [string, string];
        // A listener may have changed it already.
        return Object.freeze({ ...JSON.parse(result), session: begun === now(Ask.Session) ? session() : snapshot(begun) });
      });
    const number = known();
    if (number !== undefined) {
      callbacks.set(number, promise);
      // The module remembers fewer.
      callbacks.delete(number - 8);
    }
    return promise;
  }

  return {
    metadata: Object.freeze(JSON.parse(now(Ask.Metadata))),
    logoutState: now(Ask.LogoutState),
    authorizationUrl: (options = {}) => now(Ask.AuthorizationUrl, text(options)),
    beginLogin: (options = {}) => later(Run.BeginLogin, text(options)),
    isCallback: (url) => now(Ask.IsCallback, href(url)),
    handleCallback(url) {
      try {
        return handleCallback(href(url));
      } catch (error) {
        return Promise.reject(error);
      }
    },
    session,
    subscribe(listener) {
      const notify = () => {
        try {
          listener(session());
        } catch (error) {
          // The listener's own affair: reported as if nobody had caught it, and no other is kept waiting.
          setTimeout(() => {
            throw error;
          });
        }
      };
      const subscription = call(() => subscribe(core, notify));
      return () => {
        if (!fault) unsubscribe(core, subscription);
      };
    },
    async accessToken(options) {
      const { signal, ...others } = options ?? {};
      const work = () => later<string>(Run.AccessToken, text(others));
      // Who gives up does not end a refresh that others wait for.
      return signal ? abortable(signal, work, aborted) : work();
    },
    fetch: (input, init) => fetchWithToken(tokens, input, init),
    stepUp(response) {
      const asked = now(Ask.StepUp, response.headers.get("www-authenticate") ?? "");
      return asked && JSON.parse(asked);
    },
    userInfo: async () => JSON.parse(await later(Run.UserInfo)),
    revoke: () => later(Run.Revoke),
    logout: (options = {}) => later(Run.Logout, text(options)),
  };
}
