/**
 * The seam for apps that are not web pages: desktop and mobile apps, and browser extensions; only in the entry `wicketgate/all`.
 * The app opens the server's pages, and the platform brings the callback back. Everything else is as in a web page.
 */
import { wicketgateError } from "./errors.js";
import type { Client, Environment } from "./types.js";

/** The calls that are different: none of them leaves the page. */
export function inEnvironment({ open }: Environment, client: Pick<Client, "pushed" | "handleCallback" | "logout">): Pick<Client, "beginLogin" | "logout"> {
  return {
    async beginLogin(options) {
      const url = await client.pushed(options);
      let callback;
      try {
        callback = await open(url);
      } catch (cause) {
        const error = wicketgateError(
          "navigation_cancelled",
          "The app did not open the server's page, or the user closed it.",
          "Offer the login button again; `cause` is what the app's own `open` threw.",
          true,
        );
        throw Object.assign(error, { cause });
      }
      if (callback) await client.handleCallback(callback);
    },
    logout: (options) => client.logout({ ...options, redirect: false }),
  };
}
