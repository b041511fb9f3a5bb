// The whole public API, used as an app uses it. Compiled, never run.
import { beginLogin, createClient, handleCallback, isWicketgateError, worksmart } from "wicketgate/all";
import { createClient as createPageClient } from "wicketgate";
import { createClient as createHandoffClient } from "wicketgate/handoff";
import { createClient as createStreamingClient } from "wicketgate/streaming";
import { doctor, type Finding } from "wicketgate/doctor";
import { failures as told, fakeProvider } from "wicketgate/testing";
import type { FailureName, FakeProvider, RecordedRequest, Routable } from "wicketgate/testing";
import type { Claims, Client, ClientConfig, Environment, ErrorCode, LoginOptions, LoginResult, PopupOptions, Session } from "wicketgate";

const config: ClientConfig = {
  clientId: "app",
  issuer: "https://login.example",
  metadata: { authorization_endpoint: "https://login.example/authorize", vendor_extension: [1] },
  redirectUri: new URL("https://app.example/callback"),
  scope: "openid profile",
  resource: ["https://api.example"],
  backend: { exchangeUrl: "/exchange", beginUrl: "/begin", sessionUrl: new URL("https://app.example/session"), logoutUrl: "/out", headers: { a: "b" } },
  pkce: "S256",
  par: "auto",
  dpop: "auto",
  idTokenSignature: "verify",
  tokenStore: "session",
  allowedOrigins: ["https://api.example", { origin: "https://mail.example", resource: "urn:example:mail", scope: "mail:send" }],
  transactionLifetime: 600,
  clockTolerance: 60,
  requestTimeout: 10,
  onUnknownTransaction: "fail",
  sessionBinding: "user",
  postLogoutRedirectUri: "https://app.example/",
};
const options: LoginOptions = {
  returnTo: "/orders",
  appState: { cart: [1, 2] },
  scope: "openid",
  resource: "https://api.example",
  prompt: "login",
  loginHint: "user@example.com",
  maxAge: 60,
  acrValues: "urn:example",
  uiLocales: "de en",
  authorizationDetails: [{ type: "payment" }],
  extraParams: { audience: "x" },
};

export async function use(): Promise<void> {
  const client: Client = await createClient(config);
  const streaming: Client = await createStreamingClient(worksmart({ clientId: "app", backend: { exchangeUrl: "/exchange" } }));

  await client.load();
  const clients: Client[] = [await createPageClient(config), await createHandoffClient(config)];
  clients.push(await createHandoffClient({ clientId: "app", backend: { loginUrl: "/login", sessionUrl: "/session" } }));
  const pushed: string = await client.pushed(options);
  const endpoint: string | undefined = client.metadata.authorization_endpoint;
  const url: string = client.authorizationUrl(options);
  const ours: boolean = client.isCallback(url) || client.isCallback(new URL(url)) || streaming.isCallback();
  const { returnTo, appState, session, backend }: LoginResult = await client.handleCallback(url);
  const claims: Claims | undefined = session.claims;
  const expiresAt: number | undefined = client.session().expiresAt;
  const unsubscribe: () => void = client.subscribe((next: Session) => void next.status);
  const token: string = await client.accessToken({ minValidity: 30, forceRefresh: false, signal: AbortSignal.timeout(1) });
  const answer: Response = await client.fetch(new Request("https://api.example/me"), { method: "POST", body: "x" });
  await client.beginLogin({ ...options, ...client.stepUp(answer) });
  const popup: PopupOptions = { returnTo: "/", features: "popup", signal: AbortSignal.timeout(1) };
  const ends: [number | undefined, boolean | undefined] = [(await client.loginWithPopup(popup)).session.endingAt, (await client.loginSilently({ scope: "openid" })).session.wasIdle];
  const environment: Environment = { open: async (url: string) => url };
  const desktop: ClientConfig = { ...config, redirectUri: "com.example.app:/callback", environment, idleLimit: 900, endWarning: 60 };
  await client.logout({ idTokenHint: true, postLogoutRedirectUri: "/", state: "s", redirect: false });
  unsubscribe();
  console.log(ends, desktop, clients, pushed, endpoint, ours, returnTo, appState, backend, claims?.sub, claims?.["email"], expiresAt, token);

  await beginLogin(config, options);
  await handleCallback(config);
}

export async function failures(client: Client): Promise<string> {
  try {
    return await client.accessToken();
  } catch (error) {
    if (!isWicketgateError(error)) throw error;
    const code: ErrorCode = error.code;
    return [code, error.hint, error.retryable, error.oauth?.error, error.status, error.claim, error.stack].join();
  }
}

export async function tests(client: Client, page: Routable): Promise<void> {
  const user = { sub: "ada", name: "Ada", roles: ["admin"] };
  const provider: FakeProvider = await fakeProvider({ issuer: "https://login.test", redirectUri: new URL("https://app.test/callback"), user, algorithm: "RS256", lifetimes: { code: 1 } });
  const same: Client = await createClient(provider.install().config);
  const { session }: LoginResult = await provider.login(client, { returnTo: "/" });
  const url: string = await provider.authorize(client.authorizationUrl());
  const recover: () => void = provider.fail("network loss", { at: ["token", "refresh"], times: 1 });
  const name: FailureName = "rotation race";
  const code: ErrorCode = told[name].refresh;
  const { place, parameters }: RecordedRequest = provider.requests[0]!;
  provider.user = { sub: "grace" };
  provider.fail(name);
  recover();
  await provider.route(page);
  console.log(same, session.claims, url, code, place === "token", parameters["code"]);

  // @ts-expect-error: the list of failures is closed
  provider.fail("rain");
  // @ts-expect-error: a code is refused at the token endpoint
  provider.fail("expired code", { at: "userinfo" });
}

// @ts-expect-error: a misspelt member does not compile
export const misspelt: ClientConfig = { clientId: "app", redirectUrl: "/callback" };
// @ts-expect-error: PKCE knows no "plain"
export const plain: ClientConfig = { clientId: "app", pkce: "plain" };
// @ts-expect-error: the session is a snapshot
export const write = (session: Session): void => void (session.status = "signed-out");

export async function diagnose(): Promise<string[]> {
  const findings: Finding[] = await doctor(config);
  return findings.filter(({ result }) => result === "bad").map(({ checked, found, expected, change }) => checked + found + expected + change);
}
