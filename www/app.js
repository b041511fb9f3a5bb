// The smallest real single-page app: choose a server, log in, see who you are, call an API, log out.
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
    api: "/api/v1/projects",
    call: (path) => fetch(path),
    whoAmI: () => fetch("/api/v1/me"),
  },
  openid: {
    name: "the OpenID provider",
    config: { ...settings.openid, redirectUri: redirectUri("openid"), scope: "openid profile email", tokenStore: "memory" },
    token: "in this page’s memory, gone on reload",
    get api() {
      return client.metadata.userinfo_endpoint;
    },
    call: async (url) => fetch(url, { headers: { authorization: `Bearer ${await client.accessToken()}` } }),
    whoAmI: () => servers.openid.call(servers.openid.api),
  },
};

let server; // the chosen one of `servers`
let client; // its client

$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  busy(event.submitter, async () => {
    await open(new FormData($("login")).get("server"));
    if (client.session().status === "signed-in") return show();
    say(`Going to ${server.name}`);
    await client.beginLogin({ returnTo: "/" });
  });
});

$("call").addEventListener("click", (event) =>
  busy(event.currentTarget, async () => {
    const answer = await server.call(server.api);
    $("answer").querySelector("figcaption").textContent = `GET ${server.api} answered ${answer.status}`;
    $("answer").querySelector("pre").textContent = JSON.stringify(await answer.json(), null, 2);
    $("answer").hidden = false;
  }),
);

$("logout").addEventListener("click", (event) => busy(event.currentTarget, () => client.logout()));

// A page load is one of three: the way back from the server, a session that goes on, a first visit.
await busy($("login"), async () => {
  const [, returning] = location.pathname.split("/callback/");
  await open(Object.hasOwn(servers, returning) ? returning : recall());
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
  const isIn = session?.status === "signed-in";
  const changed = $(isIn ? "signed-in" : "signed-out").hidden;
  $("signed-in").hidden = !isIn;
  $("signed-out").hidden = isIn;
  document.body.classList.toggle("signed-in", isIn);
  document.querySelector(`[value=${recall()}]`).checked = true;
  say(isIn ? `Signed in at ${server.name}` : "Signed out");
  if (!changed) return;
  $("answer").hidden = true;
  if (isIn) showUser(session);
}

async function showUser(session) {
  const heading = $("signed-in").querySelector("h1");
  heading.textContent = "Hello.";
  $("facts").replaceChildren();
  await busy($("facts"), async () => {
    const answer = await server.whoAmI();
    if (!answer.ok) throw new Error(`Who you are could not be read: the API answered ${answer.status}.`);
    const user = await answer.json();
    heading.textContent = `Hello, ${user.name}.`;
    const until =
      session.expiresAt && new Date(session.expiresAt * 1000).toLocaleTimeString([], { timeStyle: "short" });
    const facts = {
      "E-mail": user.email,
      Identifier: user.sub ?? user.id,
      "Signed in until": until,
      Scope: session.scope,
      Token: server.token,
    };
    $("facts").replaceChildren(
      ...Object.entries(facts)
        .filter(([, value]) => value)
        .map(fact),
    );
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
  say("Not logged in");
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
