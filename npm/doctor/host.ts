/** The outcome of a request that a page of `origin` makes, or would make. */
export type Outcome =
  | { readonly kind: "answer"; readonly status: number; readonly type: string; readonly text: string; readonly date?: number | undefined }
  /** The server answers, but a page of the origin may not read the answer. `why` names the missing header, if that is known. */
  | { readonly kind: "unreadable"; readonly why: string }
  | { readonly kind: "redirected" }
  /** The page's Content-Security-Policy forbids the request. */
  | { readonly kind: "forbidden"; readonly directive: string }
  | { readonly kind: "unreachable"; readonly why: string };

/** The place from which the doctor checks: a page, or a terminal that acts for the page of an origin. */
export interface Host {
  /** The origin that must be able to read answers. */
  readonly origin: string;
  ask(url: string, init?: { method?: string; headers?: Record<string, string>; body?: URLSearchParams }): Promise<Outcome>;
}

/** A finding for an `outcome` that is not an answer: what was found, and what to change. */
export function inWords(outcome: Exclude<Outcome, { kind: "answer" }>, origin: string, url: string): { found: string; change: string } {
  switch (outcome.kind) {
    case "unreadable":
      return {
        found: outcome.why,
        change: `Allow the origin ${origin} at the server: "web origins", "trusted origins", "allowed origins (CORS)".`,
      };
    case "redirected":
      return { found: "the server answers with a redirect", change: "Use the address to which it leads: the client follows no redirect." };
    case "forbidden":
      return { found: `the page's policy forbids it (${outcome.directive})`, change: `Add ${new URL(url).origin} to connect-src.` };
    case "unreachable":
      return { found: outcome.why, change: "Check the address, the network, and the server's certificate." };
  }
}
