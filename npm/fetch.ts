/**
 * `fetch` with an access token. The module decides whether a request may carry a token, and whether a refused request is sent
 * once more. This file carries the decisions out.
 */
import { wicketgateError } from "./errors.js";

/** The questions to the module. Both calls reject with the module's errors. */
export interface Tokens {
  /** The access token for a request to the URL `asked`. */
  for(asked: string): Promise<string>;
  /**
   * A newer access token, if the refused one was the reason for the refusal and the client can get one. A refusal has `url`,
   * `answeredBy`, `token` and `wwwAuthenticate`. `fetch-with-proof.ts` asks for more, and says more.
   */
  after(refusal: Record<string, unknown>): Promise<string | undefined>;
}

/** The result of `work`. If `signal` is aborted first, rejects with the value of `reason`. */
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

/** The caller's request, which the client may add an `Authorization` header to. */
export function requestOf(input: RequestInfo | URL, init?: RequestInit): Request {
  const request = new Request(input, init);
  if (request.mode === "no-cors" || request.headers.has("authorization")) {
    throw wicketgateError(
      "invalid_option",
      "The request has an Authorization header of its own, or the mode no-cors, which cannot send one.",
      "Leave both out: the client sets the header. Use the page's own fetch for other requests.",
    );
  }
  return request;
}

export async function fetchWithToken(tokens: Tokens, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = requestOf(input, init);
  const { url, signal } = request;
  const waiting = <T>(work: () => Promise<T>) => abortable(signal, work, () => signal.reason);
  const token = await waiting(() => tokens.for(url));
  // A stream can be sent once. Of every other body, the browser keeps the data.
  const again = init?.body instanceof ReadableStream ? undefined : request.clone();
  const response = await send(request, token);
  if (response.status !== 401 || !again) return response;

  const refusal = { url, answeredBy: response.url, token, wwwAuthenticate: response.headers.get("www-authenticate") };
  // Without a newer token, the caller gets the answer as it is.
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
