/** The entry `wicketgate/axios`: an interceptor that sends requests through `client.fetch`. */
import type { InternalAxiosRequestConfig } from "axios";
import { isOut } from "./guard.js";
import type { Client } from "./types.js";

/** The client, or a function that returns a framework adapter's current `client`. */
export type AxiosClient = Client | Promise<Client> | (() => Client | undefined | Promise<Client | undefined>);

/**
 * For `instance.interceptors.request.use()`; axios 1.12 or newer. Requests to `allowedOrigins` get the access token, which the
 * client renews when it has expired. Every other request goes out unchanged, and so does every request while nobody is signed
 * in.
 */
export function authInterceptor(source: AxiosClient): (config: InternalAxiosRequestConfig) => Promise<InternalAxiosRequestConfig> {
  return async (config) => {
    const client = await (typeof source === "function" ? source() : source);
    if (!client || isOut(client.session()) || config.headers.has("authorization")) return config;
    const fetch = (input: RequestInfo | URL, init?: RequestInit) => fetchOrPass(client, input, init);
    return Object.assign(config, { adapter: "fetch", env: { ...config.env, fetch } });
  };
}

/**
 * Sends a request without a token if it may not carry one. A request whose body was read cannot be sent again, so a copy of it
 * goes first.
 */
async function fetchOrPass(client: Client, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  try {
    return await client.fetch(input instanceof Request ? input.clone() : input, init);
  } catch (reason) {
    if ((reason as { code?: unknown } | undefined)?.code !== "origin_not_allowed") throw reason;
    return fetch(input, init);
  }
}
