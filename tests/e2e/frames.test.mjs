// The policy with which the backend's program serves an app, and what a script of the page learns of a login in a frame.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startBackend } from "../servers/backend.mjs";
import { startOidc } from "../servers/oidc.mjs";
import { startStage } from "./stage.mjs";

let policy = "default-src 'none'";
const stage = await startStage({ page: { policy: () => policy } });
const { page } = stage;

const clientId = "confidential";
const clientSecret = randomBytes(32).toString("base64url");
const oidc = await startOidc({
  redirectUris: [`${page.origin}/auth/callback`],
  clients: { [clientId]: { client_secret: clientSecret, token_endpoint_auth_method: "client_secret_post" } },
});
const app = mkdtempSync(join(tmpdir(), "wicketgate-frames-"));
writeFileSync(join(app, "index.html"), "<!doctype html>");
const program = await startBackend({
  publicOrigin: page.origin,
  clientId,
  clientSecret,
  tokenEndpoint: `${oidc.issuer}/token`,
  apiOrigin: stage.resource.origin,
  environment: { WICKETGATE_ISSUER: oidc.issuer, WICKETGATE_SCOPE: "openid", WICKETGATE_STATIC: app },
});
after(async () => {
  await Promise.all([stage.close(), oidc.close(), program.close()]);
  rmSync(app, { recursive: true });
});

/**
 * In the page, as a script that somebody smuggled in: has a policy of its own forbid where the login in a frame comes back to.
 * Gives what the browser reports of that, and what the frame's address is.
 */
const watch = async ([url, allowed]) => {
  const own = document.createElement("meta");
  own.httpEquiv = "Content-Security-Policy";
  own.content = `frame-src ${allowed}`;
  document.head.append(own);
  const seen = [];
  const violation = new Promise((resolve) => {
    document.addEventListener("securitypolicyviolation", ({ blockedURI }) => resolve(seen.push(blockedURI)));
  });
  const frame = document.createElement("iframe");
  frame.src = url;
  document.body.append(frame);
  await Promise.race([violation, new Promise((resolve) => setTimeout(resolve, 5000))]);
  try {
    seen.push(frame.contentWindow.location.href);
  } catch {
    // It shows another origin.
  }
  return seen;
};

/** What `watch` sees of a login that a thief began at home, in a page with `served` as its policy. */
async function seenUnder(t, served) {
  policy = served;
  const tab = await stage.open(t);
  page.backend = program.origin;
  await tab.page.goto(page.origin);
  const thief = await fetch(`${page.origin}/auth/login?prompt=none`, { redirect: "manual" });
  return tab.page.evaluate(watch, [thief.headers.get("location"), oidc.origin]);
}

test("under the program's policy, a script learns nothing of a login in a frame", async (t) => {
  const served = (await fetch(program.origin)).headers.get("content-security-policy");
  const seen = await seenUnder(t, served);
  assert(seen.length > 0, "the frame is blocked");
  assert(!seen.some((text) => text.startsWith(`${page.origin}/auth/callback?`)), seen.join());
});

test("under a policy that lets frames go to the server, a script may learn the response: why the program's policy does not", async (t) => {
  if (process.env.BROWSER && process.env.BROWSER !== "chromium") return t.skip("seen in Chromium");
  const seen = await seenUnder(t, `frame-src 'self' ${oidc.origin}`);
  assert(seen.some((text) => text.startsWith(`${page.origin}/auth/callback?`)), seen.join());
});
