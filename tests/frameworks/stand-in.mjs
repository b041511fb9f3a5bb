// A client without module and server, for what a browser is too coarse for: how often something is called, and in which order.
// (The real client is driven with each adapter in tests/examples.)
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

/** @param options.session at the beginning; @param options.callback what `handleCallback` does, where the page is one */
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
    // The page is left, and nothing more is heard of it.
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

/** Lets everything run that is ready to: tasks, not only promises. */
export const settle = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
