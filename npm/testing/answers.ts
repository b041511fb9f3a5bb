/** The forms of a provider's answers. */
import type { ProviderResponse } from "./messages.js";

export function json(status: number, value: unknown, headers: Record<string, string> = {}): ProviderResponse {
  return {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify(value),
  };
}

/** An error of the token endpoint (RFC 6749 §5.2). */
export function refusal(error: string, description: string): ProviderResponse {
  return json(error === "invalid_client" ? 401 : 400, { error, error_description: description });
}

/** A refused access token (RFC 6750 §3). */
export function unauthorized(description: string): ProviderResponse {
  const error = { error: "invalid_token", error_description: description };
  return json(401, error, { "www-authenticate": `Bearer error="invalid_token", error_description="${description}"` });
}

/** The page that the user sees if the provider may not redirect. */
export function page(status: number, text: string): ProviderResponse {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" }, body: text };
}

export function html(status: number, body: string): ProviderResponse {
  return { status, headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }, body };
}

export const unregistered = (name: string, value: string | undefined, registered: readonly string[]) =>
  `The ${name} is ${value}, and what is registered is ${registered.join(", ")}.`;

/** Sends the browser to `url`, with these parameters in the query or the fragment. */
export function redirect(url: string, parameters: Record<string, string | undefined>, mode = "query"): ProviderResponse {
  const location = new URL(url);
  const given = Object.entries(parameters).filter((parameter): parameter is [string, string] => parameter[1] !== undefined);
  if (mode === "fragment") location.hash = new URLSearchParams(given).toString();
  else for (const [name, value] of given) location.searchParams.append(name, value);
  return { status: 303, headers: { location: location.href, "cache-control": "no-store" }, body: "" };
}

/**
 * Every parameter, if each occurs once; otherwise the name of a repeated one. `resource` may be repeated (RFC 8707 §2): the first
 * one is returned.
 */
export function parametersOf(text: string): Record<string, string> | string {
  const all = [...new URLSearchParams(text)].filter(([name], index, all) => name !== "resource" || all.findIndex(([other]) => other === name) === index);
  const names = all.map(([name]) => name);
  return names.find((name, index) => names.indexOf(name) !== index) ?? Object.fromEntries(all);
}
