import { wicketgateError } from "../errors.js";
import type { BackendConfig, ClientConfig } from "../types.js";

/**
 * The options that every provider's function takes besides its own: all members of a configuration that the provider does not
 * determine.
 */
export type Options = Omit<ClientConfig, "issuer">;

/** The options for a provider that gives tokens only to clients with a secret. */
export type BackendOptions = Omit<Options, "backend"> & { backend: BackendConfig };

/** `value` as a host: developers copy it with a scheme or a slash. */
export function hostOf(name: string, value: unknown): string {
  const host = typeof value === "string" ? value.replace(/^https:\/\//, "").replace(/\/$/, "") : "";
  if (!/^[\w.-]+(:\d+)?$/.test(host)) throw invalid(`${name} is not a host.`, `Give the host alone, such as "login.example".`);
  return host;
}

/** The caller's own parameters win over the provider's. */
export function withParams(
  own: Record<string, string | undefined>,
  name: "extraParams" | "logoutParams",
  { [name]: given }: Pick<ClientConfig, "extraParams" | "logoutParams">,
): Pick<ClientConfig, "extraParams" | "logoutParams"> {
  const params: Record<string, string> = {};
  for (const [key, value] of Object.entries({ ...own, ...given })) if (value !== undefined) params[key] = value;
  return Object.keys(params).length ? { [name]: params } : {};
}

export function needBackend(server: string, backend: unknown): void {
  if (backend) return;
  throw invalid(
    `${server} wants a client secret, and backend is missing.`,
    "Give backend: a secret in a page is no secret. docs/guide/backend.md says how to run one.",
  );
}

export function invalid(what: string, hint: string): Error {
  return wicketgateError("invalid_config", `The configuration cannot be used: ${what}`, hint);
}
