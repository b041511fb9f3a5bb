/**
 * `fetch` with an access token. Whether one may go along, and whether a refused request is sent once more, the module
 * decides; here is how.
 */
import { wicketgateError } from "./errors.js";

/** What the module is asked. Both reject with its errors. */
export interface Tokens {
  /** The access token for a request to `url`. */
  for(url: string): Promise<string>;
  /** A newer one, where the refused one was to blame and there is one to be had. */
  after(refusal: { url: string; answeredBy: string; token: string; wwwAuthenticate: string | null }): Promise<string | undefined>;
}

/** What `work` comes to, unless `signal` is aborted first: then what `reason` gives. */
export function abortable<T>(signal: AbortSignal, work: () => Promise<T>, reason: () => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(reason());
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
}

export async function fetchWithToken(tokens: Tokens, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const { url, signal, headers } = request;
  if (request.mode === "no-cors" || headers.has("authorization")) {
    throw wicketgateError(
      "invalid_option",
      "The request has an Authorization header of its own, or the mode no-cors, which sends none.",
      "Leave both out: fetch of the client sets the header; use the page's own fetch for other requests.",
    );
  }
  const waiting = <T>(work: () => Promise<T>) => abortable(signal, work, () => signal.reason);
  const token = await waiting(() => tokens.for(url));
  // A stream can be sent once; of every other body the browser keeps what it is made of.
  const again = init?.body instanceof ReadableStream ? undefined : request.clone();
  const response = await send(request, token);
  if (response.status !== 401 || !again) return response;

  const refusal = { url, answeredBy: response.url, token, wwwAuthenticate: response.headers.get("www-authenticate") };
  // Where there is no newer token, the answer is what the caller is to see.
  const newer = await waiting(() => tokens.after(refusal)).catch(() => undefined);
  signal.throwIfAborted();
  if (!newer) return response;
  response.body?.cancel().catch(() => {});
  return send(again, newer);
}

function send(request: Request, token: string): Promise<Response> {
  request.headers.set("authorization", `Bearer ${token}`);
  return fetch(request);
}
