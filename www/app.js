// The smallest real single-page app: choose a server, log in, see who you are, ask for more, renew the token, log out.
import { createClient, isWicketgateError, worksmart } from "wicketgate";

const $ = (id) => document.getElementById(id);
const settings = await (await fetch("/config.json")).json();
// One for each server: a response that one of them sends can never be taken for the other's.
const redirectUri = (name) => `${location.origin}/callback/${name}`;

const servers = {
  worksmart: {
    name: "WorkSmart",
    config: worksmart({
      ...settings.worksmart,
      redirectUri: redirectUri("worksmart"),
      backend: { exchangeUrl: "/auth/exchange", sessionUrl: "/auth/session", logoutUrl: "/auth/logout" },
    }),
    token: "sealed in a cookie that only the backend can open",
    whoAmI: async () => (await get("/api/v1/me"))[1],
    ask: "Call the API",
    answer: () => get("/api/v1/projects"),
  },
  openid: {
    name: "the OpenID provider",
    config: {
      ...settings.openid,
      redirectUri: redirectUri("openid"),
      postLogoutRedirectUri: `${location.origin}/`,
      // The last one is for a refresh token, which the user must have been asked for.
      scope: "openid profile email offline_access",
      tokenStore: "memory",
    },
    options: { prompt: "consent" },
    token: "in this page’s memory, gone on reload",
    whoAmI: () => client.session().claims,
    ask: "User info",
    answer: async () => ["What the UserInfo endpoint answered", await client.userInfo()],
  },
};

let server; // the chosen one of `servers`
let client; // its client

$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  $("goodbye").hidden = true;
  busy(event.submitter, async () => {
    await open(new FormData($("login")).get("server"));
    if (client.session().status === "signed-in") return show();
    say(`Going to ${server.name}`);
    await client.beginLogin({ returnTo: "/", ...server.options });
  });
});

$("ask").addEventListener("click", (event) =>
  busy(event.currentTarget, async () => {
    const [caption, answer] = await server.answer();
    $("answer").querySelector("figcaption").textContent = caption;
    $("answer").querySelector("pre").textContent = JSON.stringify(answer, null, 2);
    $("answer").hidden = false;
  }),
);

$("renew").addEventListener("click", (event) =>
  busy(event.currentTarget, () => client.accessToken({ forceRefresh: true })),
);

$("logout").addEventListener("click", (event) => busy(event.currentTarget, () => client.logout()));

// A page load is one of these: the way back from a login or a logout, a session that goes on, a first visit.
await busy($("login"), async () => {
  const [, returning] = location.pathname.split("/callback/");
  await open(Object.hasOwn(servers, returning) ? returning : recall());
  if (client.logoutState) sayGoodbye();
  if (!client.isCallback()) return show();
  say("Logging in");
  const { returnTo } = await client.handleCallback();
  history.replaceState(null, "", returnTo);
});
if (location.pathname.startsWith("/callback/")) history.replaceState(null, "", "/");
if ($("signed-in").hidden) show();

async function open(name) {
  server = servers[name];
  remember(name);
  if (!server.client) {
    server.client = await createClient(server.config);
    server.client.subscribe(show);
  }
  client = server.client;
}

function show() {
  const session = client?.session();
  const isIn = Boolean(session) && session.status !== "signed-out";
  const changed = $(isIn ? "signed-in" : "signed-out").hidden;
  $("signed-in").hidden = !isIn;
  $("signed-out").hidden = isIn;
  document.body.classList.toggle("signed-in", isIn);
  document.querySelector(`[value=${recall()}]`).checked = true;
  say(isIn ? `Signed in at ${server.name}` : "Signed out");
  const expires = session?.expiresAt && new Date(session.expiresAt * 1000);
  $("expiry").hidden = !expires;
  $("expires").textContent = expires?.toLocaleTimeString([], { timeStyle: "medium" }) ?? "";
  if (!changed) return;
  $("answer").hidden = true;
  if (isIn) showUser(session);
}

async function showUser({ scope }) {
  const heading = $("signed-in").querySelector("h1");
  heading.textContent = "Hello.";
  $("ask").textContent = server.ask;
  $("renew").hidden = server !== servers.openid;
  for (const row of document.querySelectorAll("#facts > :not(#expiry)")) row.remove();
  await busy($("facts"), async () => {
    const user = await server.whoAmI();
    heading.textContent = `Hello, ${user.name}.`;
    const facts = { "E-mail": user.email, Identifier: user.sub ?? user.id, Scope: scope, Token: server.token };
    const rows = Object.entries(facts).filter(([, value]) => value);
    $("facts").prepend(...rows.map(fact));
    heading.focus();
  });
}

function fact([name, value]) {
  const row = document.createElement("div");
  row.append(document.createElement("dt"), document.createElement("dd"));
  row.firstChild.textContent = name;
  row.lastChild.textContent = value;
  return row;
}

/** What a path of the backend's API answers, and a line about it. */
async function get(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}.`);
  return [`GET ${path} answered ${answer.status}`, await answer.json()];
}

function sayGoodbye() {
  $("goodbye").textContent = `You are logged out: here, and at ${server.name}.`;
  $("goodbye").hidden = false;
}

/** Does one thing at a time for `element`, and says what went wrong. */
async function busy(element, work) {
  if (element.ariaBusy === "true") return;
  element.ariaBusy = "true";
  $("error").hidden = true;
  try {
    await work();
  } catch (error) {
    showError(error);
  } finally {
    element.ariaBusy = "false";
  }
}

function showError(error) {
  const ours = isWicketgateError(error);
  // Coming back from the login page with the back button is a change of mind, not an error.
  if (ours && error.code === "navigation_cancelled") return show();
  if (!ours) console.error(error);
  $("error-code").textContent = [ours ? error.code : error.name, error.oauth?.error].filter(Boolean).join(" · ");
  $("error-message").textContent = error.message;
  $("error-hint").textContent = ours ? error.hint : "";
  $("error").hidden = false;
  if ($("signed-in").hidden) say("Not logged in");
}

function say(text) {
  $("status").textContent = text;
}

// A page whose storage is denied forgets the choice, and that is all.
function recall() {
  try {
    return Object.hasOwn(servers, sessionStorage.server) ? sessionStorage.server : "worksmart";
  } catch {
    return "worksmart";
  }
}

function remember(name) {
  try {
    sessionStorage.server = name;
  } catch {}
}
