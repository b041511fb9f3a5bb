/**
 * The page's only WebAssembly module. This file loads it when it is needed, calls it, and rejects all pending calls if it
 * crashes. It decides nothing else.
 */
import { errorOf, isWicketgateError, wicketgateError } from "./errors.js";
import type { WicketgateError } from "./types.js";

/** The module calls it when a call has ended: whether it succeeded, and with which value or error. */
export type Settle = (isRight: boolean, value: any) => void;

/** The exports of the running module. `src/js.rs` documents each of them, and `src/browser/page.js` the last one. */
export interface Exports {
  connect(config: string, changed: (session: string) => void, settle: Settle): void;
  handleCallback(client: number, url: string, promise: unknown, settle: Settle): any;
  ask(client: number, call: number, text?: string): any;
  run(client: number, call: number, text: string | undefined, settle: Settle): void;
  onFault(handler: () => void): void;
  expect(url: string, answer: Promise<Response>, abort: () => void): () => void;
}

/** A script that contains or fetches the module. */
export interface Script extends Exports {
  /** Compiles the module and makes it ready for calls. */
  instantiate(): Promise<void>;
}

export interface Module {
  /** Whether some call has needed the module. Only the module knows all sessions of the page. */
  isWanted(): boolean;
  /** Resolves when the module can be called. After a failure, the next call tries again. */
  load(): Promise<void>;
  /** Calls the module. @throws the module's error, or that the module has crashed */
  call<T>(work: (exports: Exports) => T): T;
  /**
   * Calls the module for a result that it settles later, through `settle`. The promise never hangs, even if the module crashes.
   * `read` converts the value with which `promise` resolves. The result is that promise, unless `work` returns another one.
   */
  begin<T>(work: (exports: Exports, settle: Settle, promise: Promise<T>) => Promise<T> | void, read: (value: any) => T): Promise<T>;
}

/** The error in the module's JSON text. */
const failure = (text: string): WicketgateError => errorOf(JSON.parse(text));

/** The module of the script that `load` imports. */
export function moduleOf(load: () => Promise<Script>): Module {
  let loading: Promise<void> | undefined;
  let exports: Script | undefined;
  /** The error that ended the module. */
  let fault: WicketgateError | undefined;
  /** The functions that reject the calls which have not settled. */
  const pending = new Set<(reason: unknown) => void>();
  const fetchScript = retrying(load);

  /** After a trap, the module's memory cannot be trusted: every call rejects, now and later. */
  function end(): WicketgateError {
    fault ??= wicketgateError(
      "unsupported_environment",
      "The WebAssembly module crashed.",
      "Reload the page; if it happens again, report it with the steps that lead to it.",
    );
    for (const reject of pending) reject(fault);
    pending.clear();
    return fault;
  }

  async function start(): Promise<void> {
    const script = await fetchScript();
    try {
      await script.instantiate();
    } catch (reason) {
      throw isWicketgateError(reason)
        ? reason
        : wicketgateError(
            "wasm_blocked",
            "The browser did not load the WebAssembly module.",
            "If the page's Content-Security-Policy lacks 'wasm-unsafe-eval', add it to script-src.",
          );
    }
    script.onFault(end);
    exports = script;
  }

  function call<T>(work: (exports: Exports) => T): T {
    if (fault) throw fault;
    try {
      return work(exports!);
    } catch (error) {
      throw typeof error === "string" ? failure(error) : end();
    }
  }

  return {
    isWanted: () => !!loading,
    async load() {
      try {
        await (loading ??= start());
      } catch (reason) {
        loading = undefined;
        throw reason;
      }
    },
    call,
    begin(work, read) {
      let settlers!: [resolve: (value: any) => void, reject: (reason: unknown) => void];
      const promise = new Promise<any>((...both) => (settlers = both)).then(read);
      const [resolve, reject] = settlers;
      pending.add(reject);
      const settle: Settle = (isRight, value) => {
        pending.delete(reject);
        isRight ? resolve(value) : reject(failure(value));
      };
      try {
        const result = call((exports) => work(exports, settle, promise)) ?? promise;
        // Nobody waits for this promise, so nobody needs its rejection.
        if (result !== promise) pending.delete(reject);
        return result;
      } catch (error) {
        pending.delete(reject);
        reject(error);
        return promise;
      }
    },
  };
}

/**
 * Imports the script, and after a failure really tries again. Bundlers' own loaders do so. A browser's `import()` does so only
 * since 2026 (whatwg/html#6768): before that, a URL that failed once fails for the lifetime of the page. For `import()`, the
 * same URL with a fragment is a different one; servers and caches see the same one. The script's URL is read from the source of
 * `load`, as the bundler has rewritten it. If an import map names scripts, and perhaps their hashes, no other URL is tried.
 */
function retrying(load: () => Promise<Script>): () => Promise<Script> {
  let failures = 0;
  return async () => {
    try {
      return await load().catch((reason) => {
        const name = failures++ && /\bimport\(\s*["'`]([^"'`]+)/.exec(String(load))?.[1];
        if (!name || document.querySelector("script[type=importmap]")) throw reason;
        return import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ `${name}#${failures}`);
      });
    } catch {
      throw wicketgateError(
        "network_failed",
        "The WebAssembly module could not be fetched.",
        "Call again when the network is back; after a new deployment of the app, reload the page.",
        true,
      );
    }
  };
}
