/**
 * `fetch` with an access token that may be bound to a key (RFC 9449): the counterpart of `fetch.ts` in the set that has proofs. The
 * module decides what each request carries, and whether it is sent once more. This file carries the decisions out.
 */
import { abortable, requestOf, type Tokens } from "./fetch.js";

export { abortable };

export async function fetchWithToken(tokens: Tokens, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  let request = requestOf(input, init);
  const { method, url, signal } = request;
  const waiting = <T>(work: () => Promise<T>) => abortable(signal, work, () => signal.reason);
  let text = await waiting(() => tokens.for(JSON.stringify({ method, url })));
  for (;;) {
    const credentials = JSON.parse(text);
    request.headers.set("authorization", `${credentials.type} ${credentials.token}`);
    if (credentials.proof) request.headers.set("dpop", credentials.proof);
    else request.headers.delete("dpop");
    // A stream can be sent once. Of every other body, the browser keeps the data.
    const again = init?.body instanceof ReadableStream ? undefined : request.clone();
    const response = await fetch(request);
    const { url: answeredBy, headers } = response;
    const status = again && response.status;
    const nonce = headers.get("dpop-nonce");
    const wwwAuthenticate = headers.get("www-authenticate");
    const after = () => tokens.after({ method, url, answeredBy, status, wwwAuthenticate, nonce, credentials });
    if (status !== 401) {
      // The nonce is for the next request, and no caller waits for it.
      if (nonce) after().catch(() => {});
      return response;
    }
    // If there is nothing newer to send, the caller gets the answer as it is.
    const newer = await waiting(after).catch(() => undefined);
    signal.throwIfAborted();
    if (!newer) return response;
    response.body?.cancel().catch(() => {});
    [request, text] = [again!, newer];
  }
}
