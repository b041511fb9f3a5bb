/** The checks of the page itself. */
import type { ClientConfig } from "../types.js";
import type { Findings } from "./finding.js";
import type { Host, Outcome } from "./host.js";
import { examineClock, isOpenId } from "./server.js";

/** The smallest possible module. */
const MODULE = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

export const page: Host = {
  get origin() {
    return location.origin;
  },

  async ask(url, init = {}) {
    const forbidden: string[] = [];
    const hear = ({ blockedURI, effectiveDirective }: SecurityPolicyViolationEvent) => {
      if (url.startsWith(blockedURI) || blockedURI.startsWith(new URL(url).origin)) forbidden.push(effectiveDirective);
    };
    document.addEventListener("securitypolicyviolation", hear);
    try {
      const common: RequestInit = { ...init, credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", signal: AbortSignal.timeout(10_000) };
      const readable = await fetch(url, { ...common, redirect: "manual" }).catch((error: unknown) => error);
      if (readable instanceof Response) return await outcomeOf(readable);
      // The browser does not say why. The policy's event comes in a task of its own.
      await new Promise((resolve) => setTimeout(resolve));
      if (forbidden.length) return { kind: "forbidden", directive: forbidden[0]! };
      const { headers: _, ...plain } = common;
      const opaque = await fetch(url, { ...plain, mode: "no-cors" }).catch(() => undefined);
      if (opaque) return { kind: "unreadable", why: "the server answers without the CORS headers that this page needs" };
      return { kind: "unreachable", why: (readable as Error).name === "TimeoutError" ? "no answer within 10 s" : "no answer" };
    } finally {
      document.removeEventListener("securitypolicyviolation", hear);
    }
  },
};

async function outcomeOf(response: Response): Promise<Outcome> {
  if (response.type === "opaqueredirect") return { kind: "redirected" };
  const { status, headers } = response;
  // If the server has another origin, the page sees the date only if the server exposes it.
  const date = Date.parse(headers.get("date") ?? "");
  return { kind: "answer", status, type: headers.get("content-type") ?? "without a type", text: await response.text(), date: Number.isNaN(date) ? undefined : date };
}

/** Checks what the browser and the page's host allow. */
export async function examinePage(config: ClientConfig, findings: Findings): Promise<void> {
  findings.judge(isSecureContext, "secure context", location.origin, "https, or loopback", "Serve the page by https.");
  const subtle = Boolean(crypto.subtle);
  if (isOpenId(config) && config.idTokenSignature !== "trust-tls" && !config.backend) {
    findings.judge(subtle, "crypto.subtle", subtle ? "there" : "missing", "there", 'Serve the page by https; on a closed network, idTokenSignature: "trust-tls".');
  }
  try {
    new WebAssembly.Module(MODULE);
    findings.good("WebAssembly", "allowed");
  } catch (error) {
    findings.bad("WebAssembly", String(error).slice(0, 120), "allowed", "Add 'wasm-unsafe-eval' to script-src.");
  }
  examineStorage(findings);
  await examineKeyStore(config, findings);
  await examineRedirectUri(config, findings);
}

function examineStorage(findings: Findings): void {
  const name = "wicketgate.doctor";
  let found = "writable";
  try {
    sessionStorage.setItem(name, name);
    if (sessionStorage.getItem(name) !== name) found = "forgets what is written";
    sessionStorage.removeItem(name);
  } catch (error) {
    found = (error as Error).name;
  }
  findings.judge(found === "writable", "sessionStorage", found, "writable", "Allow site data for the page.");
}

async function examineKeyStore({ tokenStore = "session", backend }: ClientConfig, findings: Findings): Promise<void> {
  if (tokenStore === "memory" || backend) return;
  const found = await new Promise<string>((resolve) => {
    setTimeout(() => resolve("no answer within 2 s"), 2000);
    try {
      const opening = indexedDB.open("wicketgate.doctor");
      opening.onerror = () => resolve(opening.error?.name ?? "an error");
      opening.onsuccess = () => {
        opening.result.close();
        indexedDB.deleteDatabase("wicketgate.doctor");
        resolve("there");
      };
    } catch (error) {
      resolve((error as Error).name);
    }
  });
  findings.judge(found === "there", "IndexedDB, for the key that seals the session", found, "there", 'Allow site data for the page, or tokenStore: "memory".');
}

async function examineRedirectUri({ redirectUri }: ClientConfig, findings: Findings): Promise<void> {
  const checked = "redirect URI";
  if (redirectUri === undefined) {
    findings.unknown(checked, "the registered one", "a path of this origin", "Give `redirectUri` to know more.");
    return;
  }
  const url = new URL(redirectUri, location.href);
  if (url.origin !== location.origin) {
    findings.bad(checked, url.href, `a path of ${location.origin}`, "A login ends in the tab and the origin where it began: begin it there, or register this origin.");
    return;
  }
  if (url.hash) findings.bad(checked, url.href, "no fragment", "Remove the fragment: a server may add its answer to a query only.");
  const outcome = await page.ask(url.href, {});
  const isPage = outcome.kind === "answer" && outcome.status === 200 && outcome.type.includes("html");
  const found = outcome.kind === "answer" ? `${outcome.status} ${outcome.type}` : outcome.kind;
  findings.judge(isPage, checked, `${url.href}: ${found}`, "200 text/html, the app's page", "Let the web server answer this path with the app's page.");
  if (outcome.kind === "answer" && outcome.date !== undefined) examineClock(outcome.date, "the page's host", findings);
}
