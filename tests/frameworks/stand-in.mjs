// A client without module and server, for facts that a test in a browser cannot see: how often a function is called, and in
// which order. (tests/examples drives the real client with each adapter.)
import { Window } from "happy-dom";

const signedOut = { status: "signed-out" };
const signedIn = { status: "signed-in", claims: { sub: "ada" }, tokenType: "Bearer" };

/** Makes this process look like a page at `url`. */
export function startPage(url) {
  const window = new Window({ url });
  for (const name of ["window", "document", "navigator", "location", "history", "sessionStorage", "Element", "HTMLElement", "SVGElement", "MathMLElement", "Node", "Event"]) {
    Object.defineProperty(globalThis, name, { configurable: true, writable: true, value: name === "window" ? window : window[name] });
  }
  return window;
}

/**
 * @param options.session the first session; @param options.callback the behaviour of `handleCallback`, if the page is a
 * callback
 */
export function standIn({ session = signedOut, callback } = {}) {
  const listeners = new Set();
  const client = {
    calls: [],
    metadata: {},
    listeners,
    become(next) {
      session = next;
      for (const listener of [...listeners]) listener(session);
    },
    isCallback: () => Boolean(callback),
    async handleCallback() {
      client.calls.push("handleCallback");
      const result = await callback();
      callback = undefined;
      client.become(signedIn);
      return { session, ...result };
    },
    session: () => session,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    // The page navigates, so this promise never settles.
    beginLogin: (options) => (client.calls.push(["beginLogin", options]), new Promise(() => {})),
    async logout(options) {
      client.calls.push(["logout", options]);
      client.become(signedOut);
    },
    accessToken: async () => "token",
    userInfo: async () => ({ sub: "ada" }),
    revoke: async () => client.become(signedOut),
  };
  return client;
}

export { signedIn, signedOut };

/** Runs everything that is ready to run: tasks, not only promises. */
export const settle = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
