/**
 * The wrapper around the module: it gives the module's calls their names and types. It makes only two decisions: whether the
 * page needs the module at once, and whether to request the server's metadata while the module is loading.
 */
import { askAhead, isPrerendered, isSomethingToDo, mayBeResponse, shown, whenIdle, whenStoresMayDiffer } from "./beforehand.js";
import { wicketgateError } from "./errors.js";
import { abortable, fetchWithToken, type Tokens } from "./fetch.js";
import { inEnvironment } from "./environment.js";
import { type Module, type Script, moduleOf } from "./module.js";
import { Ask as AskElsewhere, elsewhere, Run as RunElsewhere } from "./popup.js";
import type { Client, ClientConfig, LoginOptions, LoginResult, ServerMetadata, Session, Wicketgate, WicketgateError } from "./types.js";

/** The module's calls, by the numbers that `src/js.rs` gives them. */
const enum Ask { Metadata, AuthorizationUrl, IsCallback, LogoutState, StepUp }
const enum Run { BeginLogin, HandleCallback, Logout, AccessToken, UserInfo, Revoke, TokenFor, TokenAfter, Load, Pushed }

/**
 * Options as the module reads them. A value that JSON cannot express becomes `null`, so that the module refuses it instead of
 * missing it.
 */
function text(options: unknown): string {
  const json = (_: string, value: unknown) =>
    typeof value === "function" || typeof value === "symbol" || typeof value === "bigint" ? null : value;
  try {
    return JSON.stringify(options, json) ?? "";
  } catch {
    return "";
  }
}

/** Freezes the values, because several callers share them. */
const frozen = (json: string) => JSON.parse(json, (_, value) => Object.freeze(value));

const aborted = () => wicketgateError("aborted", "The call was aborted.", "Call again when the answer is wanted.", true);

/** The URL in question: by default, the page's current one. */
const href = (url?: string | URL) => String(url ?? location.href);

const same = <T>(value: T) => value;

const unknown: Readonly<ServerMetadata> = Object.freeze({});

/** Reports `error` as an uncaught error. */
function report(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}

/** The public functions, over the module of the script that `load` imports. */
export function wicketgate(load: () => Promise<Script>): Wicketgate {
  const module = moduleOf(load);

  async function createClient(config: ClientConfig): Promise<Client> {
    if (typeof window === "undefined" || typeof WebAssembly === "undefined") {
      throw wicketgateError(
        "unsupported_environment",
        "There is no window or no WebAssembly here.",
        "Make the client in a browser only, after the page has mounted.",
      );
    }
    // A module that is loaded also knows of sessions that no store contains.
    const isNeeded = module.isWanted() || isSomethingToDo(config);
    const { made, start } = client(module, config, !isNeeded);
    if (isNeeded) await start();
    return made;
  }

  return {
    createClient,
    async beginLogin(config, options) {
      return (await createClient(config)).beginLogin(options);
    },
    async handleCallback(config, url) {
      // The page's URL as it is now: while the module is loading, another call may remove the response from it.
      const callbackUrl = url ?? (typeof location === "undefined" ? undefined : location.href);
      return (await createClient(config)).handleCallback(callbackUrl);
    },
  };
}

/**
 * A client, and the function that connects it to the module at once. If it `canWait`, it connects with its first call, or when
 * the page is idle.
 */
function client(module: Module, config: ClientConfig, canWait: boolean): { made: Client; start(): Promise<void> } {
  const configuration = text(config);
  /** The client's number in the module, if it is connected. */
  let core: number | undefined;
  let connecting: Promise<void> | undefined;
  let loading: Promise<void> | undefined;
  let metadata: Readonly<ServerMetadata> | undefined;
  let logoutState: string | undefined;

  /**
   * The latest session, and the JSON text that it was parsed from. The object stays the same until something changes, and
   * reading it needs no call of the module.
   */
  let latest: Session = Object.freeze({ status: "signed-out" });
  let latestText = text(latest);
  const listeners = new Set<{ listener: (session: Session) => void }>();

  /** The module calls it after each change, and first of all with the present session. */
  function changed(text: string): void {
    const isNew = text !== latestText;
    if (isNew) latest = frozen((latestText = text));
    else if (core === undefined) return;
    const session = latest;
    for (const subscription of [...listeners]) {
      // A listener has changed the session, and all listeners have been notified of that change already.
      if (latest !== session) return;
      if (!listeners.has(subscription)) continue;
      try {
        subscription.listener(session);
      } catch (error) {
        // A listener's failure is reported; the other listeners are still called.
        report(error);
      }
    }
  }

  const unconnected = new AbortController();

  async function begin(): Promise<void> {
    await module.load();
    const number = await module.begin<number>((exports, settle) => exports.connect(configuration, changed, settle), same);
    logoutState = module.call(({ ask }) => ask(number, Ask.LogoutState));
    core = number;
    unconnected.abort();
  }

  /** Resolves when the module has created this client. After a failure, the next call tries again. */
  async function connect(): Promise<void> {
    try {
      await (connecting ??= begin());
    } catch (reason) {
      connecting = undefined;
      throw reason;
    }
  }

  /**
   * Connects, and loads the server's metadata. Concurrent calls share one promise: the page may become idle while the user
   * clicks.
   */
  async function load(): Promise<void> {
    try {
      await (loading ??= loadAll());
    } finally {
      loading = undefined;
    }
  }

  async function loadAll(): Promise<void> {
    const ahead = module.isWanted() ? undefined : askAhead(config);
    let stop = ahead?.[2];
    try {
      await module.load();
      if (ahead) stop = module.call(({ expect }) => expect(...ahead));
      await connect();
      await call(Run.Load);
    } finally {
      stop?.();
    }
  }

  /** Loads the module when no caller waits for it: when the page is idle, and when there may be something to do. */
  function wait(): void {
    // No caller awaits this promise and could handle its failure. A failure that may pass is left to the next call that needs
    // the module.
    const quietly = () => void load().catch((error: WicketgateError) => error.retryable || report(error));
    whenIdle(quietly);
    whenStoresMayDiffer(() => isSomethingToDo(config) && quietly(), unconnected.signal);
  }

  if (canWait) wait();

  /** Connects the client that the page has just made. If the script of the module cannot be fetched, the next call tries again. */
  async function start(): Promise<void> {
    await connect().catch((reason: WicketgateError) => {
      if (reason.code !== "network_failed") throw reason;
      wait();
    });
  }

  /** Whether the module can act for this client at once. */
  const isReady = () => core !== undefined && !isPrerendered();

  async function ready(): Promise<void> {
    await shown();
    await connect();
  }

  /** Calls the module for a synchronous result. */
  function now<T>(what: Ask, input?: string): T {
    if (core === undefined) {
      throw wicketgateError("not_ready", "The module that answers this call is not there yet.", "Await client.load() first.", true);
    }
    return module.call(({ ask }) => ask(core!, what, input));
  }

  /** Calls the module, which is loaded. */
  const call = <T>(what: Run, input?: string, read: (value: any) => T = same): Promise<T> =>
    module.begin(({ run }, settle) => run(core!, what, input, settle), read);

  /** Calls the module as soon as it is loaded and the user sees the page. */
  const later: typeof call = (...asked) => (isReady() ? call(...asked) : ready().then(() => call(...asked)));

  /** The callbacks that waited for the module, by their URLs. The module itself remembers all others. */
  const waiting = new Map<string, Promise<LoginResult>>();

  /** The result of a login, from its two lines: the result itself, and the session that the login began. */
  const resultOf = (lines: string): LoginResult => {
    const [result, begun] = lines.split("\n") as [string, string];
    // A listener may have changed the session already.
    return Object.freeze({ ...JSON.parse(result), session: begun === latestText ? latest : frozen(begun) });
  };

  function handle(url: string): Promise<LoginResult> {
    const begin = () => module.begin((exports, settle, promise) => exports.handleCallback(core!, url, promise, settle), resultOf);
    const before = waiting.get(url);
    if (before || isReady()) return before ?? begin();
    const promise = ready().then(begin, (reason) => {
      waiting.delete(url);
      throw reason;
    });
    waiting.set(url, promise);
    return promise;
  }

  const tokens: Tokens = {
    for: (url) => later(Run.TokenFor, url),
    after: (refusal) => later(Run.TokenAfter, text(refusal)),
  };

  /** Calls the module to begin a login. */
  async function begun<T>(what: Run, options: LoginOptions = {}): Promise<T> {
    const asked = text(options);
    // The module and the metadata are on their way at the same time.
    if (core === undefined) await load();
    return later(what, asked);
  }

  /** A call of the entry `wicketgate/all`, whose own calls take the place of these. */
  const lacking = (call: string) => async (): Promise<never> => {
    throw wicketgateError("unsupported_environment", `This is not available: ${call}, which the entry wicketgate/all has.`, "Import that entry.");
  };

  const made: Client = {
    loginWithPopup: lacking("loginWithPopup"),
    loginSilently: lacking("loginSilently"),
    get metadata() {
      const json = core === undefined || metadata ? undefined : now<string | undefined>(Ask.Metadata);
      if (json) metadata = frozen(json);
      return metadata ?? unknown;
    },
    get logoutState() {
      return logoutState;
    },
    load,
    authorizationUrl: (options = {}) => now(Ask.AuthorizationUrl, text(options)),
    pushed: (options) => begun(Run.Pushed, options),
    beginLogin: (options) => begun(Run.BeginLogin, options),
    isCallback: (url) => (core === undefined ? mayBeResponse(href(url)) : now(Ask.IsCallback, href(url))),
    handleCallback: (url) => handle(href(url)),
    session: () => module.call(() => latest),
    subscribe(listener) {
      const subscription = { listener };
      module.call(() => listeners.add(subscription));
      return () => void listeners.delete(subscription);
    },
    async accessToken(options) {
      const { signal, ...others } = options ?? {};
      const work = () => later<string>(Run.AccessToken, text(others));
      // A caller that aborts does not end a refresh that others wait for.
      return signal ? abortable(signal, work, aborted) : work();
    },
    fetch: (input, init) => fetchWithToken(tokens, input, init),
    stepUp(response) {
      const { status, url, headers } = response;
      const asked = now<string | undefined>(Ask.StepUp, status === 401 ? `${url}\n${headers.get("www-authenticate")}` : "");
      return asked && JSON.parse(asked);
    },
    userInfo: () => later(Run.UserInfo, undefined, JSON.parse),
    revoke: () => later(Run.Revoke),
    logout: (options = {}) => later(Run.Logout, text(options)),
  };
  // Only the entry `wicketgate/all` contains statements with this label: `scripts/bundle.mjs`.
  ALL: {
    const further = elsewhere({
      begin: (what: RunElsewhere, options) => begun(what as number, options),
      answer: (state) => later(RunElsewhere.AnswerElsewhere as number, state, resultOf),
      stop: (state) => now(AskElsewhere.StopWaiting as number, state),
      aborted,
    });
    Object.assign(made, further);
    if (config?.environment) Object.assign(made, inEnvironment(config.environment, { ...made }));
  }
  return { made, start };
}
