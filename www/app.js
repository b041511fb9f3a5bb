// The smallest real single-page app: choose a server, log in, see who you are, ask for more, renew the token, log out.
import { createClient, isWicketgateError, worksmart } from "wicketgate/all";
import { inspect, onLie, tokenStore } from "./inspector/inspector.js";
import { messageOf } from "./messages.js";

const $ = (id) => document.getElementById(id);
const settings = await (await fetch("/config.json")).json();
// One for each server, so that a response of one can never be taken for the other's.
const redirectUri = (name) => `${location.origin}/callback/${name}`;

const servers = {
  worksmart: {
    name: "WorkSmart",
    config: worksmart({
      ...settings.worksmart,
      redirectUri: redirectUri("worksmart"),
      backend: { exchangeUrl: "/auth/exchange", beginUrl: "/auth/begin", sessionUrl: "/auth/session", logoutUrl: "/auth/logout" },
    }),
    token: "sealed in a cookie that only the backend can open",
    whoAmI: async () => (await get("/api/v1/me"))[1],
    ask: "Call the API",
    answer: () => get("/api/v1/projects"),
  },
  openid: openid("openid", "the OpenID provider"),
  breakable: openid("breakable", "the server to break"),
};

function openid(name, title) {
  return {
    name: title,
    config: {
      ...settings[name],
      redirectUri: redirectUri(name),
      postLogoutRedirectUri: `${location.origin}/`,
      // The last one is for a refresh token, for which the provider must have asked the user.
      scope: "openid profile email offline_access",
      tokenStore: tokenStore.name,
    },
    options: { prompt: "consent" },
    token: `kept ${tokenStore.place}`,
    isRenewable: true,
    whoAmI: () => client.session().claims,
    ask: "User info",
    answer: async () => ["What the UserInfo endpoint answered", await client.userInfo()],
  };
}

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

// Remembered, because the page may still be opening the server of before.
onLie(() => {
  $("breakable").checked = true;
  remember("breakable");
});

// A page load is one of three: the return from a login or a logout, a session that continues, or a first visit.
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
    server.client = inspect(await createClient(server.config));
    server.client.subscribe(show);
  }
  client = server.client;
}

function show() {
  const session = client?.session();
  const isStale = session?.status === "stale";
  const isIn = isStale || session?.status === "signed-in";
  const isOver = session?.status === "expired";
  const changed = $(isIn ? "signed-in" : "signed-out").hidden;
  $("signed-in").hidden = !isIn;
  $("signed-out").hidden = isIn;
  document.body.classList.toggle("signed-in", isIn);
  document.querySelector(`[value=${recall()}]`).checked = true;
  say(isStale ? `${server.name} cannot be reached` : isIn ? `Signed in at ${server.name}` : isOver ? `Your session at ${server.name} is over` : "Signed out");
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
  $("renew").hidden = !server.isRenewable;
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

/** Shows the answer of a path of the backend's API, and a line about it. */
async function get(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}.`);
  return [`GET ${path} answered ${answer.status}`, await answer.json()];
}

function sayGoodbye() {
  $("goodbye").textContent = `You are logged out: here, and at ${server.name}.`;
  $("goodbye").hidden = false;
}

/** Does one thing at a time for `element`, and shows an error if it fails. */
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
  const { code, oauth } = error;
  // A user who comes back from the login page with the back button has changed their mind. That is not an error.
  if (code === "navigation_cancelled") return show();
  if (!isWicketgateError(error)) console.error(error);
  [$("error-message").textContent, $("error-hint").textContent] = messageOf(error);
  $("error-code").textContent = [code ?? error.name, oauth?.error].filter(Boolean).join(" · ");
  $("error").hidden = false;
  if ($("signed-in").hidden) say("Not logged in");
}

function say(text) {
  $("status").textContent = text;
}

// If the browser denies storage, the page only forgets the choice.
function recall() {
  try {
    const name = sessionStorage.server ?? localStorage.server;
    return Object.hasOwn(servers, name) ? name : "worksmart";
  } catch {
    return "worksmart";
  }
}

function remember(name) {
  try {
    // A second tab begins at the place where the user was last.
    sessionStorage.server = localStorage.server = name;
  } catch {}
}
